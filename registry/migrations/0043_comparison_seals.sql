-- Clear comparisons enter the record together: one leaf per department and seal, over their salted commitments.

create table seal (
  id         uuid primary key references ledger_leaf (entry_id),
  number     bigint generated always as identity unique,
  department text not null references department (code),
  count      integer not null check (count > 0)
);
create index seal_department on seal (department, number);

-- Without a foreign key: a comparison is kept for its time, its commitment for ever. The salt opens it; where it is gone nobody can.
create table comparison_seal (
  comparison uuid primary key,
  seal       uuid not null references seal (id),
  position   integer not null check (position >= 0),
  commitment bytea not null check (octet_length(commitment) = 32),
  salt       bytea check (octet_length(salt) = 16),
  unique (seal, position)
);

create trigger append_only before update or delete or truncate on seal for each statement execute function append_only();
create trigger append_only before delete or truncate on comparison_seal for each statement execute function append_only();
create function comparison_seal_never_changes() returns trigger language plpgsql as $$
begin
  if new.salt is not null or to_jsonb(new) - 'salt' is distinct from to_jsonb(old) - 'salt' then
    raise exception 'comparison_seal is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger comparison_seal_never_changes before update on comparison_seal for each row execute function comparison_seal_never_changes();
grant select, insert on seal, comparison_seal to enforcement_application;
grant update (salt) on comparison_seal to enforcement_application;
