-- Telling the departments: one log of notices, a cursor per department.

create sequence notice_ordering;

create table notice (
  id               uuid primary key,
  -- Drawn under the case lock; the assigner gives positions in this order after commit.
  ordering         bigint not null unique default nextval('notice_ordering'),
  position         bigint unique check (position > 0),
  kind             text not null check (kind in ('PUBLISH', 'RELEASE', 'STAY', 'RESUME', 'EXTEND', 'CORRECT', 'EXEMPT', 'DIRECTIVE')),
  -- Kind and number within the life: counted under the case lock, where the state of the life decides whether there is one to write.
  action           text not null,
  enforcement_case uuid not null references enforcement_case (id),
  defaulter        uuid not null references defaulter (id),
  department       text references department (code),
  directive        uuid references directive (id),
  measures         text[] not null,
  until            timestamptz,
  at               timestamptz not null,
  settled_at       timestamptz check (settled_at is null or position is not null),
  check ((kind = 'DIRECTIVE') = (department is not null)),
  check ((kind = 'DIRECTIVE') = (directive is not null)),
  unique (defaulter, action)
);
create index notice_unassigned on notice (ordering) where position is null;
create index notice_unsettled on notice (position) where settled_at is null;

create table notice_restriction (
  notice      uuid not null references notice (id),
  restriction uuid not null references restriction (id),
  primary key (notice, restriction)
);
create index notice_restriction_restriction on notice_restriction (restriction);

create table notice_interception (
  notice       uuid not null references notice (id),
  interception uuid not null references interception (id),
  primary key (notice, interception)
);

-- When a department learnt of a notice is the first row that covers its position.
create table delivery (
  department text not null references department (code),
  up_to      bigint not null check (up_to >= 0),
  at         timestamptz not null,
  primary key (department, up_to)
);

create table acknowledgement (
  department text not null references department (code),
  up_to      bigint not null check (up_to > 0),
  at         timestamptz not null,
  entry      uuid not null references ledger_leaf (entry_id),
  primary key (department, up_to)
);

create trigger append_only before update or delete or truncate on delivery for each statement execute function append_only();
create trigger append_only before update or delete or truncate on acknowledgement for each statement execute function append_only();
