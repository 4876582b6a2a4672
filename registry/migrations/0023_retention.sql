-- How long things are kept, and the proof of what was deleted: a fact with a leaf for each run that deleted anything.

create table retention_rule (
  kind text primary key check (kind in ('clear-comparison', 'exception', 'access-log', 'case')),
  keep interval not null check (keep > interval '0')
);
create table retention_run (
  id     uuid primary key references ledger_leaf (entry_id),
  kind   text not null references retention_rule (kind),
  at     timestamptz not null,
  -- Everything of this kind that had come to its end by then.
  up_to  timestamptz not null,
  count  integer not null check (count > 0),
  -- SHA-256 of the ids deleted, sorted, one a line: whoever holds a list of them can check it.
  digest bytea not null check (octet_length(digest) = 32),
  salt   bytea not null
);
create index retention_run_kind on retention_run (kind, at);
create trigger append_only before update or delete or truncate on retention_run for each statement execute function append_only();

-- How far the clear comparisons are forgotten: their ids are in order of time.
create table retention_cursor (
  kind   text primary key references retention_rule (kind),
  cursor uuid not null
);

alter table comparison add column forgotten_at timestamptz;
alter table enforcement_case add column erased_at timestamptz;
alter table subject add column erased_at timestamptz;
alter table identity_exception add column forgotten_at timestamptz;
create index enforcement_case_closed on enforcement_case (closed_at) where closed_at is not null and erased_at is null;

grant select on retention_rule to enforcement_application;
grant select, insert on retention_run to enforcement_application;
grant select, insert, update on retention_cursor to enforcement_application;
grant update on comparison to enforcement_application;
grant delete on identity_access to enforcement_application;
