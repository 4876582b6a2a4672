-- Candidates for court staff (match ladder L4): a person is found by name, birth date and sex together, never by a name alone. Keyed like the index of
-- numbers, and apart from it: no comparison ever reads this.

-- Locks on tables of millions are waited for, and hold others up, for a moment at the most: else it fails, nothing is done, and it is run again. Longer than
-- `deadlock_timeout` (1 s), after which a vacuum gives way.
set local lock_timeout = '3s';

-- Who searched, why, and whom it brought up; whom they sought is not kept.
create table identity_search (
  id         uuid primary key,
  actor_role text not null,
  actor      text not null,
  court      text not null references court (code),
  credential uuid not null references credential (id),
  purpose    text not null,
  at         timestamptz not null default clock_timestamp(),
  -- The candidates in their order, and how far each agrees.
  found      uuid[] not null,
  agreements text[] not null check (agreements <@ array['name', 'script', 'sound'] and cardinality(agreements) = cardinality(found)),
  -- Whether everybody was indexed by name, and whether more agreed than are shown.
  complete   boolean not null,
  truncated  boolean not null,
  trace      text
);
create index identity_search_court on identity_search (court, at);
create index identity_search_at on identity_search (at);

-- Kept as the looks are: three years at least, and nobody can take one back.
create or replace function identity_access_is_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' or old.at > clock_timestamp() - interval '3 years' then
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;
create trigger identity_access_is_kept before update or delete on identity_search for each row execute function identity_access_is_kept();
create trigger append_only before truncate on identity_search for each statement execute function append_only();

-- Last, so that nobody who writes subjects or links waits for the rest.
create table name_index (
  subject   uuid not null references subject (id),
  -- The link that gave the number whose birth date and sex these are; null: it stood in a listing.
  link      uuid references identity_link (id),
  index_key text not null,
  -- HMAC over the kind of key (script, sound), birth date, sex, and the name folded to it.
  blind     bytea not null check (octet_length(blind) = 16),
  unique nulls not distinct (subject, index_key, blind, link)
);
create index name_index_blind on name_index (blind);

grant select, insert, delete on name_index, identity_search to enforcement_application;
