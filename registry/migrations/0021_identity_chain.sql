-- The identity chain: which records, numbers and names are one party. Every link is a fact with a leaf of its own, outside any case's timeline
-- and chained per subject; it is undone only by a counter-fact. And what was decided about doubtful matches.

create table identity_fact (
  id         uuid primary key references ledger_leaf (entry_id),
  subject    uuid not null references subject (id),
  seq        integer not null check (seq > 0),
  type       text not null check (type in ('link.made', 'link.revoked', 'identity.decided', 'exception.revoked')),
  court      text not null references court (code),
  department text references department (code),
  actor_role text not null,
  actor      text not null,
  at         timestamptz not null,
  detail     jsonb not null,
  -- Salts of the leaf's commitments to the two parties: erasing them takes the people out of the record.
  salt       bytea,
  other_salt bytea,
  trace      text,
  unique (subject, seq)
);

create function identity_fact_never_changes() returns trigger language plpgsql as $$
begin
  if new.salt is not null or new.other_salt is not null
      or to_jsonb(new) - 'salt' - 'other_salt' is distinct from to_jsonb(old) - 'salt' - 'other_salt' then
    raise exception 'identity_fact is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger identity_fact_never_changes before update on identity_fact for each row execute function identity_fact_never_changes();
create trigger append_only before delete or truncate on identity_fact for each statement execute function append_only();

create table identity_link (
  id              uuid primary key,
  relation        text not null check (relation in ('same-person', 'renamed-from', 'alias-number', 'uscc-of', 'legal-rep-of', 'operator-of',
                    'local-reference')),
  subject         uuid not null references subject (id),
  -- The other record; null where the link is to a number or to a department's own record.
  other           uuid references subject (id),
  -- The department's own reference, confirmed at an interception.
  department      text references department (code),
  reference_sealed bytea,
  reference_key   text,
  reference_blind bytea check (octet_length(reference_blind) = 16),
  interception    uuid references interception (id),
  -- SHA-256 of the document it rests on; the document stays with the court.
  evidence        bytea not null check (octet_length(evidence) = 32),
  from_date       date,
  until_date      date check (until_date >= from_date),
  court           text not null references court (code),
  made_at         timestamptz not null,
  made            uuid not null unique references identity_fact (id),
  revoked_at      timestamptz,
  revoked         uuid unique references identity_fact (id),
  check (other <> subject),
  check ((other is not null) = (relation in ('same-person', 'renamed-from', 'legal-rep-of', 'operator-of'))),
  check ((relation = 'local-reference') = (department is not null)),
  check ((relation = 'local-reference') = (reference_blind is not null) and (reference_blind is null) = (reference_sealed is null)
     and (reference_blind is null) = (reference_key is null)),
  check ((revoked_at is null) = (revoked is null))
);
create index identity_link_subject on identity_link (subject) where revoked_at is null;
create index identity_link_other on identity_link (other) where revoked_at is null and other is not null;
-- One active link between the same two, and one party to a department's record.
create unique index identity_link_pair on identity_link (relation, least(subject, other), greatest(subject, other))
  where revoked_at is null and other is not null;
create unique index identity_link_reference on identity_link (department, reference_blind) where revoked_at is null and department is not null;

create function identity_link_never_changes() returns trigger language plpgsql as $$
begin
  -- Re-sealing and re-indexing the reference says nothing new; the end of a link is written once, with its counter-fact.
  if old.revoked_at is not null and (new.revoked_at is distinct from old.revoked_at or new.revoked is distinct from old.revoked)
      or to_jsonb(new) - 'revoked_at' - 'revoked' - 'reference_sealed' - 'reference_key' - 'reference_blind'
         is distinct from to_jsonb(old) - 'revoked_at' - 'revoked' - 'reference_sealed' - 'reference_key' - 'reference_blind' then
    raise exception 'identity_link is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger identity_link_never_changes before update on identity_link for each row execute function identity_link_never_changes();
create trigger append_only before delete or truncate on identity_link for each statement execute function append_only();

-- A number that a link gave a subject; null: it stood in a listing. One party at a time may have it so.
alter table identifier add column link uuid references identity_link (id);
alter table identifier add column revoked_at timestamptz check (revoked_at is null or link is not null);
-- A number that was taken away by revoking its link may be given again.
alter table identifier drop constraint identifier_subject_index_key_blind_key;
create unique index identifier_once on identifier (subject, index_key, blind) where revoked_at is null;
create unique index identifier_linked on identifier (index_key, blind) where link is not null and revoked_at is null and not alias;

-- Of a comparison that hit: the party as it was asked, for whoever has to say whether that is the same; and of a stop the links it came by.
alter table comparison add column party_sealed bytea;
alter table interception add column latest_comparison uuid references comparison (id);
alter table interception add column links uuid[] not null default '{}';

-- What a court decided about a doubtful match.
create table identity_decision (
  id           uuid primary key,
  interception uuid not null references interception (id),
  subject      uuid not null references subject (id),
  identity     text not null check (identity in ('same', 'other')),
  reason_sealed bytea not null,
  made_by      text not null references judge (id),
  court        text not null references court (code),
  at           timestamptz not null,
  fact         uuid not null references identity_fact (id)
);
create index identity_decision_interception on identity_decision (interception, at);
create trigger append_only before delete or truncate on identity_decision for each statement execute function append_only();

-- "Not this person": this number under this name is somebody else than this subject. It suppresses repeats for that pair only, for a time.
create table identity_exception (
  id          uuid primary key,
  subject     uuid not null references subject (id),
  decision    uuid not null unique references identity_decision (id),
  -- The name that was asked; compared in memory once a number has matched.
  name_sealed bytea not null,
  -- Whether the number was asked in a weak form (15 digits, no check): the exception then holds for that form alone.
  weak        boolean not null,
  court       text not null references court (code),
  made_at     timestamptz not null,
  expires_at  timestamptz not null check (expires_at > made_at),
  revoked_at  timestamptz,
  revoked     uuid references identity_fact (id),
  check ((revoked_at is null) = (revoked is null))
);
create index identity_exception_subject on identity_exception (subject) where revoked_at is null;
create trigger append_only before delete or truncate on identity_exception for each statement execute function append_only();

create table identity_exception_number (
  id        uuid primary key,
  exception uuid not null references identity_exception (id),
  type      text not null,
  country   text not null,
  number_sealed bytea not null,
  index_key text not null,
  blind     bytea not null check (octet_length(blind) = 16),
  unique (exception, index_key, blind)
);
create index identity_exception_blind on identity_exception_number (blind);

-- Who looked at an unmasked person, and for what purpose.
create table identity_access (
  id         uuid primary key,
  subject    uuid not null references subject (id),
  interception uuid references interception (id),
  actor_role text not null,
  actor      text not null,
  court      text not null references court (code),
  credential uuid not null references credential (id),
  purpose    text not null,
  at         timestamptz not null default clock_timestamp(),
  trace      text
);
create index identity_access_subject on identity_access (subject, at);
create index identity_access_court on identity_access (court, at);
-- Kept three years at least (PIPL art. 56); nobody can take a look back.
create function identity_access_is_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' or old.at > clock_timestamp() - interval '3 years' then
    raise exception 'identity_access is append-only' using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;
create trigger identity_access_is_kept before update or delete on identity_access for each row execute function identity_access_is_kept();
create trigger append_only before truncate on identity_access for each statement execute function append_only();

grant select, insert on identity_fact, identity_link, identity_decision, identity_exception, identity_exception_number, identity_access
  to enforcement_application;
grant update on identity_fact, identity_link, identity_decision, identity_exception, identity_exception_number to enforcement_application;
grant delete on identity_exception_number, identifier to enforcement_application;

-- The day in Asia/Shanghai, by which a number or a link is valid or not.
create function shanghai_today() returns date language sql stable parallel safe as $$
  select (clock_timestamp() at time zone 'Asia/Shanghai')::date
$$;

-- Whom the courts' links tie to some subjects: they themselves; the same party under other records (same-person, renamed-from, and an
-- individual business with its operator); and the organisations whose legal representative they are (`related`), with those the same.
create function identity_reach(subjects uuid[]) returns table (asked uuid, subject uuid, links uuid[], related boolean)
language sql stable as $$
  with recursive reach as (
    select s as asked, s as subject, '{}'::uuid[] as links, false as related from unnest(subjects) s
    union all
    select r.asked, case when l.subject = r.subject then l.other else l.subject end, r.links || l.id, r.related or l.relation = 'legal-rep-of'
    from reach r join identity_link l on l.subject = r.subject or l.other = r.subject
    where l.revoked_at is null and l.other is not null and cardinality(r.links) < 6 and not l.id = any(r.links)
      and coalesce(l.from_date <= shanghai_today(), true) and coalesce(shanghai_today() <= l.until_date, true)
      and (l.relation in ('same-person', 'renamed-from')
        or (l.relation = 'operator-of' and not r.related)
        or (l.relation = 'legal-rep-of' and not r.related and l.subject = r.subject))
  )
  select distinct on (asked, subject, related) asked, subject, links, related from reach order by asked, subject, related, cardinality(links)
$$;
