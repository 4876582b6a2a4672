-- Token keys given to departments: to whom, for which quarter, and for which key of theirs they were wrapped. The keys themselves are derived,
-- never stored.
create table token_key_issue (
  id         uuid primary key references ledger_leaf (entry_id),
  department text not null references department (code),
  epochs     text[] not null,
  -- SHA-256 of the X25519 public key they were wrapped for.
  recipient  bytea not null check (octet_length(recipient) = 32),
  at         timestamptz not null,
  by         text not null
);
create index token_key_issue_department on token_key_issue (department, at);
create trigger append_only before update or delete or truncate on token_key_issue for each statement execute function append_only();
grant select, insert on token_key_issue to enforcement_application;
