-- What a link left behind is erased, too: the salt that opens the other end of it, and people who are on record by a link alone.

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

create index identity_link_revoked on identity_link (revoked_at) where revoked_at is not null and other is not null;
create index identity_link_any_subject on identity_link (subject);
create index identity_link_any_other on identity_link (other) where other is not null;
-- A stop that came by a link keeps its asked party under the key of the record that was met.
create index interception_by_link on interception (matched_subject) where links <> '{}';
