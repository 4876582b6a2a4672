-- Where the court itself applies at a counter (a judicial auction): it has said so before, with the document the counter was given and the
-- asset it concerns. A comparison that names both passes this court's own restrictions; nobody's mere claim does.
create table court_application (
  id               uuid primary key,
  decision         uuid not null references decision (id),
  enforcement_case uuid not null references enforcement_case (id),
  court            text not null references court (code),
  document_number  text not null,
  asset_type       text not null check (asset_type in ('property-unit', 'vehicle', 'other')),
  asset_blind      bytea not null,
  until_at         timestamptz not null
);
create index court_application_document on court_application (court, document_number);
create trigger append_only before update or delete or truncate on court_application for each statement execute function append_only();
grant select, insert on court_application to enforcement_application;

alter table decision drop constraint decision_type_check;
alter table decision add constraint decision_type_check check (type in ('release', 'revoke', 'stay', 'resume', 'exempt', 'extend', 'impose', 'correct',
  'amend-obligation', 'confirm-service', 'court-application', 'reassign'));
