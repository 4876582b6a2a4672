-- What a link left behind is erased, too: the salt that opens the other end of it, and people who are on record by a link alone.

set local lock_timeout = '3s';

-- Each salt may go, for itself; neither ever changes or comes back.
create or replace function identity_fact_never_changes() returns trigger language plpgsql as $$
begin
  if (new.salt is not null and new.salt is distinct from old.salt)
      or (new.other_salt is not null and new.other_salt is distinct from old.other_salt)
      or to_jsonb(new) - 'salt' - 'other_salt' is distinct from to_jsonb(old) - 'salt' - 'other_salt' then
    raise exception 'identity_fact is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

alter table retention_rule drop constraint retention_rule_kind_check;
alter table retention_rule add constraint retention_rule_kind_check
  check (kind in ('clear-comparison', 'exception', 'access-log', 'case', 'linked-party'));

-- Of those erased before: the reference by which a department had confirmed them is found by nobody, and under no key that could not leave the ring.
update identity_link l set reference_blind = substring(sha256(l.id::text::bytea) from 1 for 16), reference_key = 'erased'
  from subject s where s.id = l.subject and s.erased_at is not null and l.department is not null;

-- And the tokens that were written for them while they were erased.
delete from identifier i using subject s where s.id = i.subject and s.erased_at is not null;
