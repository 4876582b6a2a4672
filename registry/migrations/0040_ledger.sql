-- The tamper-evident record: entries in order, hashes of full tiles, signed checkpoints, cosignatures of witnesses.

create table ledger_entry (
  -- Previous size, + 1, …: no sequence, whose gaps a rollback would leave.
  seq       bigint primary key check (seq >= 0),
  entry_id  uuid not null unique references ledger_leaf (entry_id),
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32)
);

-- Row idx of level l is the hash of full tile idx of level l - 1.
create table ledger_hash (
  level smallint not null check (level >= 1),
  idx   bigint not null check (idx >= 0),
  hash  bytea not null check (octet_length(hash) = 32),
  primary key (level, idx)
);

-- Never two roots for one size.
create table ledger_checkpoint (
  size bigint primary key check (size >= 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null,
  at   timestamptz not null default clock_timestamp()
);

create table ledger_cosignature (
  size    bigint not null references ledger_checkpoint (size),
  witness text not null,
  line    text not null,
  at      timestamptz not null default clock_timestamp(),
  primary key (size, witness)
);

-- A checkpoint that enough witnesses have cosigned, with the lines that made it enough.
create table ledger_witnessed (
  size bigint primary key references ledger_checkpoint (size),
  note text not null,
  at   timestamptz not null default clock_timestamp()
);

-- What the last row says: `behind` once somebody was seen to hold more, or something else, than this database; `level` after recovery.
create table ledger_standing (
  number  bigint generated always as identity primary key,
  state   text not null check (state in ('behind', 'level')),
  -- Who holds it, and what: the size, and the note that proves it.
  witness text not null,
  size    bigint not null,
  note    text,
  at      timestamptz not null default clock_timestamp()
);

-- A leaf written again after a restore, before the record was recovered: the one that stands in the record is the replayed one.
create table ledger_superseded (
  entry_id uuid primary key references ledger_leaf (entry_id),
  by       uuid not null references ledger_leaf (entry_id)
);

-- The hash is that of the stored bytes (RFC 6962: SHA-256(00 ‖ leaf)), whoever wrote it.
alter table ledger_leaf add constraint ledger_leaf_hash check (leaf_hash = sha256('\x00'::bytea || leaf)) not valid;
-- A queue that empties all the time: vacuumed by its rows, not by its share.
alter table ledger_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

do $$
declare
  name text;
begin
  if not exists (select from pg_roles where rolname = 'enforcement_sequencer') then
    create role enforcement_sequencer nologin;
  end if;
  foreach name in array array['ledger_entry', 'ledger_hash', 'ledger_checkpoint', 'ledger_cosignature', 'ledger_witnessed',
      'ledger_standing', 'ledger_superseded'] loop
    execute format('create trigger append_only before update or delete or truncate on %I for each statement execute function append_only()', name);
    execute format('revoke all on %I from public', name);
    execute format('grant select on %I to enforcement_application, enforcement_sequencer', name);
  end loop;
end $$;

revoke update, delete, truncate on ledger_leaf from enforcement_application;
grant usage on schema public to enforcement_sequencer;
-- The sequencer alone places leaves; it writes no fact and no leaf.
grant insert on ledger_entry, ledger_hash, ledger_checkpoint, ledger_cosignature, ledger_witnessed, ledger_standing to enforcement_sequencer;
grant select on ledger_leaf to enforcement_sequencer;
grant select, delete on ledger_pending to enforcement_sequencer;
