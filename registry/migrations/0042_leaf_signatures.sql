-- Keys with which departments and courts sign leaves of the record themselves, and the leaves so signed.

create table signing_key (
  number     bigint generated always as identity primary key,
  kid        text not null unique check (kid ~ '^[0-9a-f]{16}$'),
  public_key bytea not null unique check (octet_length(public_key) = 32),
  -- `department:AIC` or `court:黔0112`; of its keys the last is in use.
  owner      text not null,
  at         timestamptz not null default clock_timestamp(),
  entry      uuid not null references ledger_leaf (entry_id)
);
create index signing_key_owner on signing_key (owner, number);

create table leaf_signature (
  entry  uuid primary key references ledger_leaf (entry_id),
  -- The leaf that is signed.
  signed uuid not null references ledger_leaf (entry_id),
  kid    text not null references signing_key (kid),
  unique (signed, kid)
);

create trigger append_only before update or delete or truncate on signing_key for each statement execute function append_only();
create trigger append_only before update or delete or truncate on leaf_signature for each statement execute function append_only();
grant select, insert on signing_key, leaf_signature to enforcement_application;
