-- Reference data: courts and judges, departments, the catalogue of services with its history.

create table court (
  code    text primary key,
  name_zh text not null,
  name_en text not null,
  parent  text references court (code),
  contact text not null
);

create table judge (
  id    text primary key,
  court text not null references court (code),
  unique (id, court)
);

create table department (
  code        text primary key check (code ~ '^[A-Z]{3}$'),
  ordinal     smallint not null unique,
  name_zh     text not null,
  name_en     text not null,
  sector      text not null,
  -- Scope of the log of notices: joined_position <= position < left_position.
  joined_position bigint not null default 0,
  left_position   bigint check (left_position >= joined_position),
  successor   text references department (code),
  check (successor is null or left_position is not null)
);

create table catalogue_edition (
  edition   text primary key,
  as_of     text not null,
  loaded_at timestamptz not null default now()
);

create table service (
  code          text primary key,
  department    text references department (code),
  name_zh       text not null,
  name_en       text not null,
  opinion_class text,
  never_gated   boolean not null,
  unique (code, never_gated),
  check (never_gated = (department is null))
);

-- One row per version of a service's rule; the highest version is the one in effect. Rows are never edited.
create table service_rule (
  service     text not null,
  version     integer not null check (version > 0),
  -- R5: only a service that may be gated can have a rule at all.
  never_gated boolean not null default false check (not never_gated),
  edition     text not null references catalogue_edition (edition),
  subjects    text[] not null check (subjects <@ array['P', 'O', 'R']),
  disposition text not null check (disposition in ('BLOCK', 'REVIEW', 'NOTIFY', 'ASSIST')),
  gated_by    text[] not null check (gated_by <@ array['LISTING', 'CONSUMPTION', 'EXIT', 'SEAL']),
  flags       text[] not null default '{}',
  enabled     boolean not null,
  valid_from  date,
  valid_until date,
  hold_days   smallint check (hold_days between 1 and 365),
  legal_basis text not null,
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  primary key (service, version),
  foreign key (service, never_gated) references service (code, never_gated)
);
