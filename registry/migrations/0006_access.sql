-- Who may ask, and what was already answered.

create table credential (
  id         uuid primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  role       text not null check (role in ('clerk', 'judge', 'department', 'supervisor', 'administrator')),
  court      text references court (code),
  judge      text,
  department text references department (code),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  check ((role in ('clerk', 'judge', 'supervisor')) = (court is not null)),
  check ((role = 'judge') = (judge is not null)),
  check ((role = 'department') = (department is not null)),
  foreign key (judge, court) references judge (id, court)
);

-- A signed-in person's browser; the cookie's value is kept only as a hash.
create table console_session (
  id_hash    bytea primary key check (octet_length(id_hash) = 32),
  credential uuid not null references credential (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

create table idempotency (
  client      text not null,
  key         text not null,
  fingerprint bytea not null,
  status      smallint not null,
  location    text,
  body        text not null,
  created_at  timestamptz not null default now(),
  primary key (client, key)
);
create index idempotency_created on idempotency (created_at);
