-- A department that is retired or merged: what it had still to acknowledge goes to its successor, or is settled with a recorded reason.

create table departure (
  department text primary key references department (code),
  successor  text references department (code),
  reason     text not null check (reason <> ''),
  -- What it had acknowledged when it left, and how many notices were open behind that.
  acknowledged bigint not null,
  open_notices integer not null,
  at         timestamptz not null,
  by         text not null,
  salt       bytea not null,
  entry      uuid not null references ledger_leaf (entry_id)
);
create trigger append_only before update or delete or truncate on departure for each statement execute function append_only();
grant select on departure to enforcement_application;

-- A copy of an open notice, addressed to the successor alone: the notice it was first made from.
alter table notice add column handed_from uuid references notice (id);
create index notice_handed on notice (handed_from) where handed_from is not null;
alter table notice drop constraint notice_check1;
alter table notice add constraint notice_addressed check ((kind = 'DIRECTIVE' or handed_from is not null) = (department is not null));
