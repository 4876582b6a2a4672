-- The application's role: it reads everything, writes what it must, and edits nothing that is a record.
do $$ begin
  if not exists (select from pg_roles where rolname = 'enforcement_application') then
    create role enforcement_application nologin;
  end if;
end $$;

grant usage on schema public to enforcement_application;
grant select, insert on all tables in schema public to enforcement_application;
grant usage on all sequences in schema public to enforcement_application;
grant update on enforcement_case, defaulter, restriction, representative, repayment, interception, inbox_item, outbox, notice,
  department, identifier, subject, credential, console_session, fact to enforcement_application;
grant delete on idempotency, console_session to enforcement_application;
revoke insert, update, delete on court, judge, catalogue_edition, service from enforcement_application;
