-- What departments ask and stop, what judges answer, what departments then did.

create table comparison (
  id           uuid primary key,
  department   text not null references department (code),
  service      text not null references service (code),
  reference    text not null,
  operator_sealed bytea,
  institution  text,
  outcome      text not null check (outcome in ('CLEAR', 'INTERCEPT', 'REVIEW', 'NOTIFY')),
  -- Why it came out so: the CLEAR reason or the reasons the department was told.
  reasons      text[] not null,
  rule_version integer not null,
  blinds       bytea[] not null,
  at           timestamptz not null
);
create index comparison_department on comparison (department, at);

create table interception (
  id               uuid primary key,
  comparison       uuid not null references comparison (id),
  department       text not null references department (code),
  service          text not null references service (code),
  reference        text not null,
  enforcement_case uuid not null references enforcement_case (id),
  defaulter        uuid not null references defaulter (id),
  outcome          text not null check (outcome in ('INTERCEPT', 'REVIEW', 'NOTIFY')),
  reasons          text[] not null,
  measures         text[] not null,
  rule_version     integer not null,
  object_type      text,
  object_sealed    bytea,
  object_blind     bytea check (octet_length(object_blind) = 16),
  own_stop_at      timestamptz,
  at               timestamptz not null,
  hold_until       timestamptz,
  freed_at         timestamptz,
  unique (department, service, reference, defaulter)
);
create index interception_defaulter on interception (defaulter);
alter table repayment add foreign key (interception) references interception (id);

create table directive (
  id           uuid primary key,
  ordering     bigint generated always as identity,
  interception uuid not null references interception (id),
  type         text not null check (type in ('SEAL', 'PROCEEDS_TO_COURT', 'REFUSE', 'ALLOW')),
  asset_type   text,
  asset_sealed bytea,
  note_sealed  bytea,
  made_by      text not null references judge (id),
  at           timestamptz not null
);
create index directive_interception on directive (interception, ordering);

create table feedback (
  id           uuid primary key,
  interception uuid not null references interception (id),
  department   text not null references department (code),
  action       text not null check (action in ('refused', 'held', 'allowed', 'resumed')),
  identity     text check (identity in ('same', 'other', 'unsure')),
  note_sealed  bytea,
  acted_at     timestamptz not null,
  at           timestamptz not null
);
create index feedback_interception on feedback (interception, at);

create table inbox_item (
  id               uuid primary key,
  key              text not null unique,
  kind             text not null check (kind in ('interception', 'decide-restriction', 'late-fact', 'reversal',
                     'overdue-acknowledgement', 'escalation')),
  enforcement_case uuid not null references enforcement_case (id),
  defaulter        uuid references defaulter (id),
  interception     uuid references interception (id),
  department       text references department (code),
  at               timestamptz not null,
  deadline         timestamptz,
  read_at          timestamptz,
  read_by          text
);
create index inbox_item_case on inbox_item (enforcement_case, at);
