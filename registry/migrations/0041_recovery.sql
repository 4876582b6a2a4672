-- After a restore the record is replayed from a mirror. What is then sent again finds its leaf already there.

-- Leaves that were replayed and whose facts are not here: by the business key they name.
create table ledger_replayed (
  business_key text primary key,
  entry_id     uuid not null unique references ledger_leaf (entry_id)
);
create trigger append_only before update or delete or truncate on ledger_replayed for each statement execute function append_only();
revoke all on ledger_replayed from public;
grant select on ledger_replayed to enforcement_application, enforcement_sequencer;

-- A leaf whose key was replayed does not enter the record a second time: one key, one leaf. A leaf `superseded` says which it stands for, so that
-- leaves that follow it can be followed back (`doc` is its hash, `prev` the replayed leaf's).
create function ledger_supersede(superseded uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  replayed record;
  own bytea;
  id uuid := gen_random_uuid();
  bytes bytea;
begin
  select r.entry_id, l.leaf_hash into replayed from ledger_leaf own_leaf
    join ledger_replayed r on r.business_key = own_leaf.business_key join ledger_leaf l on l.entry_id = r.entry_id
    where own_leaf.entry_id = superseded;
  if not found then
    return false;
  end if;
  select leaf_hash into own from ledger_leaf where entry_id = superseded;
  insert into ledger_superseded (entry_id, by) values (superseded, replayed.entry_id);
  -- RFC 8785 by hand: members in order, no value that needs escaping.
  bytes := convert_to('{"actor":"system:recovery","at":"' || to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '","doc":{"sha256":"' || encode(own, 'hex') || '"},"id":"' || id || '","key":"superseded:' || superseded
    || '","prev":"' || encode(replayed.leaf_hash, 'hex') || '","type":"superseded","v":1}', 'UTF8');
  insert into ledger_leaf (entry_id, business_key, leaf, leaf_hash)
    values (id, 'superseded:' || superseded, bytes, sha256('\x00'::bytea || bytes));
  insert into ledger_pending (entry_id) values (id);
  return true;
end $$;
revoke execute on function ledger_supersede(uuid) from public;

create function ledger_pending_once() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if ledger_supersede(new.entry_id) then
    return null;
  end if;
  return new;
end $$;
create trigger ledger_pending_once before insert on ledger_pending for each row execute function ledger_pending_once();
-- It costs nothing until something was replayed: recovery turns it on.
alter table ledger_pending disable trigger ledger_pending_once;
