-- What the paths beside the straight one need: corrected identities, shares of the debt, exemptions told, deadlines, channels.

-- A corrected listing keeps the day from which its term counts.
alter table restriction add column term_from date;

-- The defaulter who paid, where the court says so: counts towards that defaulter's share of the debt.
alter table repayment add column payer_defaulter uuid references defaulter (id);
create index repayment_payer on repayment (payer_defaulter) where payer_defaulter is not null;

-- What the process has told the departments; a confirmation acts only once it is told (blocking waits for the process).
alter table exemption add column told_at timestamptz;
alter table service_confirmation add column told_at timestamptz;

-- Services a notice is limited to; null = all that its measures gate.
alter table notice add column services text[];

-- What has to happen by when. Kept with its duration, so that a change of the table of deadlines moves nothing that runs.
create table deadline (
  id           uuid primary key,
  key          text not null unique,
  defaulter    uuid not null references defaulter (id),
  kind         text not null check (kind in ('read', 'answer', 'hold', 'acknowledge', 'decide')),
  level        smallint not null check (level >= 0),
  within       text not null,
  inbox_item   uuid references inbox_item (id),
  interception uuid references interception (id),
  notice       uuid references notice (id),
  due_at       timestamptz not null,
  settled_at   timestamptz,
  outcome      text check (outcome in ('met', 'escalated')),
  check ((settled_at is null) = (outcome is null))
);
create index deadline_open on deadline (defaulter, due_at) where settled_at is null;

-- A department's webhook and how its channel stands. The secret is shown once and kept sealed.
create table endpoint (
  department    text primary key references department (code),
  url           text not null,
  -- The strong ETag: counts up with every change the department makes.
  version       integer not null default 1,
  secret_sealed bytea not null,
  -- Signs beside the new secret until the department has changed over.
  previous_secret_sealed bytea,
  previous_secret_until  timestamptz,
  -- The channel's own place in the log: all up to it was answered 2xx or was nothing for this department.
  position      bigint not null default 0,
  -- The highest place of which anything was sent: it may be acknowledged, for the answer may have been lost.
  sent          bigint not null default 0,
  failures      integer not null default 0,
  last_failure  text,
  retry_at      timestamptz,
  paused_at     timestamptz,
  -- `receiver`: it answered 410 Gone; else who paused it.
  paused_by     text,
  -- What the channel's process must hear of counts `change` up; `told_change` is what it has heard.
  change        integer not null default 1,
  told_change   integer not null default 0 check (told_change <= change),
  told_at       timestamptz,
  check ((previous_secret_sealed is null) = (previous_secret_until is null)),
  check ((paused_at is null) = (paused_by is null))
);

-- The batch a channel is sending: its content is fixed, and it is re-sent as it is until the department takes it or it is out of date.
create table notice_batch (
  id           uuid primary key,
  department   text not null unique references endpoint (department) on delete cascade,
  after        bigint not null,
  up_to        bigint not null check (up_to > after),
  body         text not null,
  -- Notices in it that block: when one of them has ended, the batch is out of date.
  blocking     uuid[] not null
);

grant select, insert, update on deadline, endpoint, notice_batch to enforcement_application;
grant delete on endpoint, notice_batch to enforcement_application;
grant update on exemption, service_confirmation to enforcement_application;

-- A passport is (country, number): the country has to be known again when a record is corrected.
alter table identifier add column country text not null default '';

-- Within what time things have to happen, and the further time after each escalation.
create table deadline_rule (
  kind   text not null check (kind in ('read', 'answer', 'acknowledge', 'decide')),
  level  smallint not null check (level >= 0),
  within text not null,
  primary key (kind, level)
);

alter table interception add column hold_ended_at timestamptz;
grant select on deadline_rule to enforcement_application;

-- When nothing was owed any more: kept, since an obligation amended to nothing can't be counted.
alter table defaulter add column performed_at timestamptz;

-- A number written in 15 digits has no check digit: weak evidence, whoever wrote it.
alter table identifier add column fifteen_digits boolean not null default false;

-- How often this business was stopped: once more each time after it was freed.
alter table interception add column stops integer not null default 1;
