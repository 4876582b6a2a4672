-- Data keys: one per subject (its identity) and per case (its own texts), wrapped by a key of the key ring, which is not in the database.
-- A new key of the ring re-wraps them and touches no data; destroying one erases what it sealed.

create table data_key (
  id           uuid primary key,
  kind         text not null check (kind in ('subject', 'case')),
  owner        uuid not null,
  -- Id of the key of the ring that wraps it.
  kek          text not null check (octet_length(kek) between 1 and 255),
  -- IV, 32 bytes, tag; null: destroyed.
  wrapped      bytea check (octet_length(wrapped) = 60),
  created_at   timestamptz not null default clock_timestamp(),
  -- Another has taken its place: it still opens what it sealed, until the sweep has sealed that anew.
  retired_at   timestamptz,
  destroyed_at timestamptz,
  check ((wrapped is null) = (destroyed_at is not null)),
  check (destroyed_at is null or retired_at is not null)
);
create unique index data_key_active on data_key (owner) where retired_at is null;
create index data_key_kek on data_key (kek) where wrapped is not null;

-- What is destroyed stays destroyed, and a key never becomes another's.
create function data_key_stays() returns trigger language plpgsql as $$
begin
  if old.destroyed_at is not null or new.id <> old.id or new.owner <> old.owner or new.kind <> old.kind
      or (old.retired_at is not null and new.retired_at is distinct from old.retired_at) then
    raise exception 'data key % cannot change so', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger data_key_stays before update on data_key for each row execute function data_key_stays();
create trigger append_only before delete or truncate on data_key for each statement execute function append_only();

-- A sealed value together with the wrapped key that opens it, so that reading one needs no second statement:
-- 03, length and id of the ring's key, wrapped key, value; 04 alone where the key was destroyed. Others as they are.
create function with_key(value bytea) returns bytea language sql stable parallel safe as $$
  select case get_byte(value, 0) when 2 then coalesce(
    (select '\x03'::bytea || set_byte('\x00'::bytea, 0, octet_length(k.kek)) || convert_to(k.kek, 'UTF8') || k.wrapped || value
     from data_key k where k.id = encode(substring(value from 2 for 16), 'hex')::uuid), '\x04'::bytea) else value end
$$;

-- The key with which an owner's values are sealed now, as a value's key is handed out; null where it has none.
create function active_key(of_owner uuid) returns bytea language sql stable parallel safe as $$
  select '\x03'::bytea || set_byte('\x00'::bytea, 0, octet_length(k.kek)) || convert_to(k.kek, 'UTF8') || k.wrapped || '\x02'::bytea
      || decode(replace(k.id::text, '-', ''), 'hex')
  from data_key k where k.owner = of_owner and k.retired_at is null
$$;

-- Every id with which something was sealed or indexed: a start without one of them on its ring fails.
create table key_in_use (
  id         text not null,
  purpose    text not null check (purpose in ('seal', 'index')),
  since      timestamptz not null default clock_timestamp(),
  -- Nothing is left under it: it may leave the ring.
  retired_at timestamptz,
  primary key (id, purpose)
);
insert into key_in_use (id, purpose) select distinct index_key, 'index' from identifier;
insert into key_in_use (id, purpose)
  select distinct convert_from(substring(name_sealed from 3 for get_byte(name_sealed, 1)), 'UTF8'), 'seal' from subject;

grant select, insert, update on data_key, key_in_use to enforcement_application;
