-- Cases, their defaulters, the restrictions decided against them, repayments and decisions.
-- Columns named *_sealed hold AES-256-GCM ciphertext bound to table, column and row; *_blind hold keyed hashes.

create table subject (
  id          uuid primary key,
  kind        text not null check (kind in ('person', 'organisation')),
  name_sealed bytea not null,
  -- What a leaf's commitment to the person is made of: name and numbers in canonical JSON.
  canonical_sealed bytea not null,
  created_at  timestamptz not null default now()
);

create table identifier (
  id            uuid primary key,
  subject       uuid not null references subject (id),
  type          text not null,
  alias         boolean not null,
  number_sealed bytea not null,
  index_key     text not null,
  blind         bytea not null check (octet_length(blind) = 16),
  valid_from    date,
  valid_until   date,
  unique (subject, index_key, blind)
);
create index identifier_blind on identifier (blind, index_key);

create table enforcement_case (
  id              uuid primary key,
  case_number     text not null unique,
  court           text not null references court (code),
  judge           text not null,
  filed_on        date not null,
  former_case     text,
  basis_number    text not null,
  basis_issuer    text not null,
  obligation_fen  bigint not null check (obligation_fen >= 0),
  content_sealed  bytea not null,
  opened_at       timestamptz not null,
  closed_at       timestamptz,
  -- Writers hold this row's lock, so the next number and the previous leaf are known when a fact is written.
  last_seq        integer not null default 0,
  last_leaf_hash  bytea,
  foreign key (judge, court) references judge (id, court)
);
create index enforcement_case_court on enforcement_case (court, opened_at, id);
create index enforcement_case_judge on enforcement_case (judge, opened_at, id);

create table defaulter (
  id               uuid primary key,
  enforcement_case uuid not null references enforcement_case (id),
  ordinal          smallint not null,
  subject          uuid not null references subject (id),
  ground           smallint not null check (ground between 1 and 6),
  conduct_sealed   bytea not null,
  decision_number  text not null,
  decision_made_on date not null,
  -- 失信名单规定 art. 2: ground 1 has no term, grounds 2-6 have two years, or two plus one to three.
  term_months      smallint check (term_months in (24, 36, 48, 60)),
  grace_until      date,
  student          boolean not null default false,
  previous         uuid references defaulter (id),
  liable_for_fen   bigint check (liable_for_fen >= 0),
  stayed           boolean not null default false,
  stay_told        boolean not null default false,
  published_at     timestamptz,
  ended_at         timestamptz,
  last_life_seq    integer not null default 0,
  check ((ground = 1) = (term_months is null)),
  unique (enforcement_case, ordinal)
);
create index defaulter_subject on defaulter (subject);

create table representative (
  id         uuid primary key,
  defaulter  uuid not null references defaulter (id),
  subject    uuid not null references subject (id),
  role       text not null,
  until      timestamptz
);
create index representative_subject on representative (subject);
create index representative_defaulter on representative (defaulter);

create table restriction (
  id               uuid primary key,
  enforcement_case uuid not null references enforcement_case (id),
  defaulter        uuid not null references defaulter (id),
  subject          uuid not null references subject (id),
  measure          text not null check (measure in ('LISTING', 'CONSUMPTION', 'EXIT', 'SEAL')),
  decision_number  text not null,
  decision_made_on date not null,
  from_date        date,
  asset_type       text check (asset_type in ('property-unit', 'vehicle', 'other')),
  asset_sealed     bytea,
  asset_blind      bytea check (octet_length(asset_blind) = 16),
  decided_at       timestamptz not null,
  in_force_at      timestamptz,
  until            timestamptz,
  ended_at         timestamptz,
  end_ground       text check (end_ground in ('performed', 'settled', 'creditor-request', 'no-assets', 'retrial-or-bankruptcy',
                     'not-enforced', 'terminated', 'early', 'revoked', 'expired', 'corrected')),
  -- Whether departments were told of the end; null while there is nothing to tell.
  end_told_at      timestamptz,
  check ((measure = 'SEAL') = (asset_type is not null)),
  check ((asset_type is null) = (asset_sealed is null) and (asset_type is null) = (asset_blind is null)),
  check ((ended_at is null) = (end_ground is null)),
  check (end_told_at is null or ended_at is not null),
  check (until is null or in_force_at is not null),
  check (in_force_at <= ended_at)
);
create index restriction_subject on restriction (subject);
create index restriction_defaulter on restriction (defaulter);
create unique index restriction_open on restriction (defaulter, measure, coalesce(asset_type, ''), coalesce(asset_blind, ''::bytea))
  where ended_at is null;

-- An ended restriction can never come into force again, whatever a process believes.
create function restriction_stays_ended() returns trigger language plpgsql as $$
begin
  if old.ended_at is not null and (new.ended_at is distinct from old.ended_at or new.end_ground is distinct from old.end_ground
      or new.in_force_at is distinct from old.in_force_at or new.until is distinct from old.until) then
    raise exception 'restriction % has ended and cannot change', old.id using errcode = 'check_violation';
  end if;
  if old.in_force_at is not null and (new.in_force_at is distinct from old.in_force_at) then
    raise exception 'restriction % is already in force', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger restriction_stays_ended before update on restriction for each row execute function restriction_stays_ended();

create table repayment (
  id               uuid primary key,
  enforcement_case uuid not null references enforcement_case (id),
  reference        text not null,
  amount_fen       bigint not null check (amount_fen > 0),
  received_on      date not null,
  source           text not null check (source in ('voluntary', 'sale-proceeds', 'enforced')),
  payer_sealed     bytea,
  interception     uuid,
  recorded_at      timestamptz not null,
  -- What the first answer said, so that a repeat of the same reference gets the same answer.
  outstanding_fen  bigint not null check (outstanding_fen >= 0),
  surplus_fen      bigint not null check (surplus_fen >= 0),
  reversed_at      timestamptz,
  reversal_reason_sealed bytea,
  check ((reversed_at is null) = (reversal_reason_sealed is null)),
  unique (enforcement_case, reference)
);

create table decision (
  id               uuid primary key,
  enforcement_case uuid not null references enforcement_case (id),
  defaulter        uuid references defaulter (id),
  type             text not null check (type in ('release', 'revoke', 'stay', 'resume', 'exempt', 'extend', 'impose', 'correct',
                     'amend-obligation', 'confirm-service', 'reassign')),
  ground           text,
  measures         text[],
  body_sealed      bytea not null,
  made_by          text not null references judge (id),
  at               timestamptz not null
);
create index decision_case on decision (enforcement_case, at);

create table exemption (
  id        uuid primary key,
  decision  uuid not null references decision (id),
  defaulter uuid not null references defaulter (id),
  services  text[],
  from_at   timestamptz not null,
  until_at  timestamptz not null check (until_at > from_at)
);
create index exemption_defaulter on exemption (defaulter);

create table service_confirmation (
  defaulter uuid not null references defaulter (id),
  service   text not null references service (code),
  decision  uuid not null references decision (id),
  primary key (defaulter, service)
);
