-- The record: facts numbered per case, their leaves, and the outbox that carries them to each life.

create table ledger_leaf (
  entry_id     uuid primary key,
  business_key text not null unique,
  leaf         bytea not null check (octet_length(leaf) <= 8192),
  leaf_hash    bytea not null check (octet_length(leaf_hash) = 32),
  created_at   timestamptz not null default now()
);

-- A queue, not the record: the sequencer deletes from it.
create table ledger_pending (
  entry_id uuid primary key references ledger_leaf (entry_id)
);

create table fact (
  id               uuid primary key references ledger_leaf (entry_id),
  enforcement_case uuid not null references enforcement_case (id),
  seq              integer not null check (seq > 0),
  type             text not null check (type in ('case-opened', 'published', 'comparison-hit', 'feedback', 'directive', 'judge-notified',
                     'read', 'escalated', 'repayment', 'repayment-reversed', 'obligation-amended', 'decision', 'hold-ended',
                     'grace-ended', 'term-ended', 'restriction-ended', 'release-published', 'all-acknowledged', 'released',
                     'late-fact')),
  defaulter        uuid references defaulter (id),
  department       text references department (code),
  service          text references service (code),
  actor_role       text not null,
  actor            text not null,
  at               timestamptz not null,
  detail           jsonb not null default '{}',
  -- Salt of the leaf's commitment to the person: erasing it takes the person out of the record.
  salt             bytea,
  trace            text,
  unique (enforcement_case, seq)
);

-- One row per fact and life, in the order the life must hear of them.
create table outbox (
  defaulter  uuid not null references defaulter (id),
  seq        integer not null check (seq > 0),
  signal     text not null check (signal in ('opened', 'interception', 'repayment', 'decision', 'acknowledged')),
  ref        uuid not null,
  created_at timestamptz not null default now(),
  sent_at    timestamptz,
  primary key (defaulter, seq)
);
create index outbox_unsent on outbox (created_at) where sent_at is null;

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on ledger_leaf for each statement execute function append_only();
create trigger append_only before delete or truncate on fact for each statement execute function append_only();
create trigger append_only before delete or truncate on repayment for each statement execute function append_only();
create trigger append_only before delete or truncate on restriction for each statement execute function append_only();

-- A fact never changes; only its salt may be erased (PIPL art. 47).
create function fact_never_changes() returns trigger language plpgsql as $$
begin
  if new.salt is not null or to_jsonb(new) - 'salt' is distinct from to_jsonb(old) - 'salt' then
    raise exception 'fact is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger fact_never_changes before update on fact for each row execute function fact_never_changes();

-- What was paid never changes; a repayment can only be reversed, once.
create function repayment_never_changes() returns trigger language plpgsql as $$
begin
  if old.reversed_at is not null or (to_jsonb(new) - 'reversed_at' - 'reversal_reason_sealed')
      is distinct from (to_jsonb(old) - 'reversed_at' - 'reversal_reason_sealed') then
    raise exception 'repayment is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger repayment_never_changes before update on repayment for each row execute function repayment_never_changes();
