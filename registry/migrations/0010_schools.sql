-- Schools that charge above the normal standard: only enrolment there may be gated (法发〔2019〕35号). One row per version, as with the rules
-- of services; the highest version is the one in effect.
create table school (
  code         text not null check (code ~ '^[A-Z0-9-]{1,20}$'),
  version      integer not null check (version > 0),
  name_zh      text not null,
  name_en      text not null,
  -- False: it was taken off the register.
  listed       boolean not null,
  -- The days on which it enrols for a term that has not begun, both included. On all others nobody is stopped: never during term.
  enrols_from  date,
  enrols_until date,
  recorded_at  timestamptz not null default now(),
  recorded_by  text not null,
  primary key (code, version),
  check ((enrols_from is null) = (enrols_until is null)),
  -- A holiday, not a school year.
  check (enrols_until between enrols_from and enrols_from + 92)
);

create trigger append_only before update or delete or truncate on school for each statement execute function append_only();
create trigger append_only before update or delete or truncate on service_rule for each statement execute function append_only();
grant select, insert on school to enforcement_application;
