-- The schema, as all migrations together leave it: made by `npm run docs`, red in the tests when stale.
-- To read, not to run: registry/migrations is what makes it. Tables, functions and sequences each in the order of
-- the alphabet. `grant`s are those of the product's two roles, which own nothing; bodies of functions stand in the
-- migrations alone.

create table acknowledgement (
  department text not null,
  up_to bigint not null,
  at timestamptz not null,
  entry uuid not null,
  constraint acknowledgement_pkey primary key (department, up_to),
  constraint acknowledgement_up_to_check check (up_to > 0),
  constraint acknowledgement_department_fkey foreign key (department) references
      department(code),
  constraint acknowledgement_entry_fkey foreign key (entry) references ledger_leaf(entry_id)
);
create trigger append_only before delete or update or truncate on acknowledgement for each
    statement execute function append_only();
grant select, insert on acknowledgement to enforcement_application;
comment on table acknowledgement is 'What each department has acknowledged, cumulatively. Append-only, for ever.';

create table catalogue_edition (
  edition text not null,
  as_of text not null,
  loaded_at timestamptz not null default now(),
  constraint catalogue_edition_pkey primary key (edition)
);
grant select on catalogue_edition to enforcement_application;
comment on table catalogue_edition is 'Editions of the catalogue that were loaded. For ever.';

create table comparison (
  id uuid not null,
  department text not null,
  service text not null,
  reference text not null,
  operator_sealed bytea,
  institution text,
  outcome text not null,
  reasons text[] not null,
  rule_version integer not null,
  blinds bytea[] not null,
  at timestamptz not null,
  party_sealed bytea,
  forgotten_at timestamptz,
  constraint comparison_pkey primary key (id),
  constraint comparison_outcome_check check (outcome in ('CLEAR', 'INTERCEPT', 'REVIEW',
      'NOTIFY')),
  constraint comparison_department_fkey foreign key (department) references department(code),
  constraint comparison_service_fkey foreign key (service) references service(code)
);
create index comparison_department on comparison using btree (department, at);
grant select, insert, update on comparison to enforcement_application;
comment on table comparison is 'Who was asked about, and what was answered. Clear ones 30 days, then only that they were made.';
comment on column comparison.operator_sealed is 'The clerk at the counter.';
comment on column comparison.reasons is 'Of a clear one: why, which the department does not learn.';
comment on column comparison.blinds is 'Keyed hashes of the numbers asked, as identifier.blind.';
comment on column comparison.party_sealed is 'Of a hit: the party as it was asked.';

create table comparison_seal (
  comparison uuid not null,
  seal uuid not null,
  position integer not null,
  commitment bytea not null,
  salt bytea,
  constraint comparison_seal_pkey primary key (comparison),
  constraint comparison_seal_seal_position_key unique (seal, "position"),
  constraint comparison_seal_commitment_check check (octet_length(commitment) = 32),
  constraint comparison_seal_position_check check ("position" >= 0),
  constraint comparison_seal_salt_check check (octet_length(salt) = 16),
  constraint comparison_seal_seal_fkey foreign key (seal) references seal(id)
);
create trigger append_only before delete or truncate on comparison_seal for each statement
    execute function append_only();
create trigger comparison_seal_never_changes before update on comparison_seal for each row
    execute function comparison_seal_never_changes();
grant select, insert, update (salt) on comparison_seal to enforcement_application;
comment on table comparison_seal is 'Each comparison''s commitment in its batch. For ever; the salt goes with the comparison.';
comment on column comparison_seal.comparison is 'No foreign key: the commitment outlives the comparison.';

create table console_session (
  id_hash bytea not null,
  credential uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint console_session_pkey primary key (id_hash),
  constraint console_session_id_hash_check check (octet_length(id_hash) = 32),
  constraint console_session_credential_fkey foreign key (credential) references credential(id)
);
grant select, insert, update, delete on console_session to enforcement_application;
comment on table console_session is 'Signed-in browsers, by the hash of the cookie. Until they sign out or expire.';

create table court (
  code text not null,
  name_zh text not null,
  name_en text not null,
  parent text,
  contact text not null,
  constraint court_pkey primary key (code),
  constraint court_parent_fkey foreign key (parent) references court(code)
);
grant select on court to enforcement_application;
comment on table court is 'Courts, each with the one above. From the catalogue, for ever.';

create table court_application (
  id uuid not null,
  decision uuid not null,
  enforcement_case uuid not null,
  court text not null,
  document_number text not null,
  asset_type text not null,
  asset_blind bytea not null,
  until_at timestamptz not null,
  constraint court_application_pkey primary key (id),
  constraint court_application_asset_type_check check (asset_type in ('property-unit',
      'vehicle', 'other')),
  constraint court_application_court_fkey foreign key (court) references court(code),
  constraint court_application_decision_fkey foreign key (decision) references decision(id),
  constraint court_application_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id)
);
create index court_application_document on court_application using btree (court,
    document_number);
create trigger append_only before delete or update or truncate on court_application for each
    statement execute function append_only();
grant select, insert on court_application to enforcement_application;
comment on table court_application is 'Business for which the court itself applies at a counter. Append-only, for ever.';

create table credential (
  id uuid not null,
  token_hash bytea not null,
  role text not null,
  court text,
  judge text,
  department text,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint credential_pkey primary key (id),
  constraint credential_token_hash_key unique (token_hash),
  constraint credential_check check ((role in ('clerk', 'judge', 'supervisor')) = (court is not
      null)),
  constraint credential_check1 check ((role = 'judge') = (judge is not null)),
  constraint credential_check2 check ((role = 'department') = (department is not null)),
  constraint credential_role_check check (role in ('clerk', 'judge', 'department', 'supervisor',
      'administrator')),
  constraint credential_token_hash_check check (octet_length(token_hash) = 32),
  constraint credential_court_fkey foreign key (court) references court(code),
  constraint credential_department_fkey foreign key (department) references department(code),
  constraint credential_judge_court_fkey foreign key (judge, court) references judge(id, court)
);
grant select, insert, update on credential to enforcement_application;
comment on table credential is 'Who may ask: hashes of tokens. For ever; revoked or expired ones let nobody in.';

create table data_key (
  id uuid not null,
  kind text not null,
  owner uuid not null,
  kek text not null,
  wrapped bytea,
  created_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  destroyed_at timestamptz,
  constraint data_key_pkey primary key (id),
  constraint data_key_check check ((wrapped is null) = (destroyed_at is not null)),
  constraint data_key_check1 check (destroyed_at is null or retired_at is not null),
  constraint data_key_kek_check check (octet_length(kek) >= 1 and octet_length(kek) <= 255),
  constraint data_key_kind_check check (kind in ('subject', 'case')),
  constraint data_key_wrapped_check check (octet_length(wrapped) = 60)
);
create unique index data_key_active on data_key using btree (owner) where retired_at is null;
create index data_key_destroyed on data_key using btree (owner) where destroyed_at is not null;
create index data_key_kek on data_key using btree (kek) where wrapped is not null;
create trigger append_only before delete or truncate on data_key for each statement execute
    function append_only();
create trigger data_key_stays before update on data_key for each row execute function
    data_key_stays();
grant select, insert, update on data_key to enforcement_application;
comment on table data_key is 'Wrapped keys of subjects and cases. The row for ever, the key until destroyed.';
comment on column data_key.owner is 'A subject or a case, by `kind`.';
comment on column data_key.wrapped is 'IV, 32 bytes, tag, under the key `kek` of the ring, which is in no database; null: destroyed.';

create table deadline (
  id uuid not null,
  key text not null,
  defaulter uuid not null,
  kind text not null,
  level smallint not null,
  within text not null,
  inbox_item uuid,
  interception uuid,
  notice uuid,
  due_at timestamptz not null,
  settled_at timestamptz,
  outcome text,
  counts_from timestamptz,
  about text generated always as (split_part(key, ':', 2)) virtual,
  constraint deadline_pkey primary key (id),
  constraint deadline_key_key unique (key),
  constraint deadline_check check ((settled_at is null) = (outcome is null)),
  constraint deadline_kind_check check (kind in ('read', 'answer', 'hold', 'acknowledge',
      'decide')),
  constraint deadline_level_check check (level >= 0),
  constraint deadline_outcome_check check (outcome in ('met', 'escalated', 'superseded')),
  constraint deadline_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint deadline_inbox_item_fkey foreign key (inbox_item) references inbox_item(id),
  constraint deadline_interception_fkey foreign key (interception) references interception(id),
  constraint deadline_notice_fkey foreign key (notice) references notice(id)
);
create index deadline_open on deadline using btree (defaulter, due_at) where settled_at is null;
grant select, insert, update on deadline to enforcement_application;
comment on table deadline is 'Clocks that run for a defaulter''s process. Settled, then kept for ever.';
comment on column deadline.within is 'The rule''s time when it began: a change of the rules moves nothing that runs.';
comment on column deadline.due_at is 'With counts_from: when to count again, for the holidays of that year are not known yet.';

create table deadline_rule (
  kind text not null,
  level smallint not null,
  within text not null,
  constraint deadline_rule_pkey primary key (kind, level),
  constraint deadline_rule_kind_check check (kind in ('read', 'answer', 'acknowledge',
      'decide')),
  constraint deadline_rule_level_check check (level >= 0)
);
grant select on deadline_rule to enforcement_application;
comment on table deadline_rule is 'Within what time things have to happen, level by level of escalation. From the catalogue, for ever.';
comment on column deadline_rule.within is 'A duration (ISO 8601) or a number of working days, as domain/deadline.ts reads it.';

create table decision (
  id uuid not null,
  enforcement_case uuid not null,
  defaulter uuid,
  type text not null,
  ground text,
  measures text[],
  body_sealed bytea not null,
  made_by text not null,
  at timestamptz not null,
  constraint decision_pkey primary key (id),
  constraint decision_type_check check (type in ('release', 'revoke', 'stay', 'resume',
      'exempt', 'extend', 'impose', 'correct', 'amend-obligation', 'confirm-service',
      'court-application', 'reassign')),
  constraint decision_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint decision_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint decision_made_by_fkey foreign key (made_by) references judge(id)
);
create index decision_case on decision using btree (enforcement_case, at);
grant select, insert on decision to enforcement_application;
comment on table decision is 'What judges decided. For ever; the sealed text until the case is erased.';

create table defaulter (
  id uuid not null,
  enforcement_case uuid not null,
  ordinal smallint not null,
  subject uuid not null,
  ground smallint not null,
  conduct_sealed bytea not null,
  decision_number text not null,
  decision_made_on date not null,
  term_months smallint,
  grace_until date,
  student boolean not null default false,
  previous uuid,
  liable_for_fen bigint,
  stayed boolean not null default false,
  stay_told boolean not null default false,
  published_at timestamptz,
  ended_at timestamptz,
  last_life_seq integer not null default 0,
  performed_at timestamptz,
  constraint defaulter_pkey primary key (id),
  constraint defaulter_enforcement_case_ordinal_key unique (enforcement_case, ordinal),
  constraint defaulter_check check ((ground = 1) = (term_months is null)),
  constraint defaulter_ground_check check (ground >= 1 and ground <= 6),
  constraint defaulter_liable_for_fen_check check (liable_for_fen >= 0),
  constraint defaulter_term_months_check check (term_months = any (array[24, 36, 48, 60])),
  constraint defaulter_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint defaulter_previous_fkey foreign key (previous) references defaulter(id),
  constraint defaulter_subject_fkey foreign key (subject) references subject(id)
);
create index defaulter_subject on defaulter using btree (subject);
grant select, insert, update on defaulter to enforcement_application;
comment on table defaulter is 'One party of a case against whom measures were decided: one enforcement workflow. For ever.';
comment on column defaulter.ground is '1 to 6: the grounds of the listing rules, art. 1. Ground 1 has no term.';
comment on column defaulter.liable_for_fen is 'Its share of the debt, in fen; null: all of it.';
comment on column defaulter.stay_told is 'Whether departments were notified of the present stay.';
comment on column defaulter.last_life_seq is 'Of its outbox rows; counted under the lock of the case.';

create table delivery (
  department text not null,
  up_to bigint not null,
  at timestamptz not null,
  constraint delivery_pkey primary key (department, up_to),
  constraint delivery_up_to_check check (up_to >= 0),
  constraint delivery_department_fkey foreign key (department) references department(code)
);
create trigger append_only before delete or update or truncate on delivery for each statement
    execute function append_only();
grant select, insert on delivery to enforcement_application;
comment on table delivery is 'What each department was given when: the first row that covers a position. For ever.';

create table department (
  code text not null,
  ordinal smallint not null,
  name_zh text not null,
  name_en text not null,
  sector text not null,
  joined_position bigint not null default 0,
  left_position bigint,
  successor text,
  constraint department_pkey primary key (code),
  constraint department_ordinal_key unique (ordinal),
  constraint department_check check (left_position >= joined_position),
  constraint department_check1 check (successor is null or left_position is not null),
  constraint department_code_check check (code ~ '^[A-Z]{3}$'),
  constraint department_successor_fkey foreign key (successor) references department(code)
);
grant select, insert, update on department to enforcement_application;
comment on table department is 'Departments, with their part of the log of notices. For ever: one that leaves keeps its row.';
comment on column department.joined_position is 'Its notices are those with joined_position <= position < left_position.';
comment on column department.left_position is 'Null: it has not left.';

create table departure (
  department text not null,
  successor text,
  reason text not null,
  acknowledged bigint not null,
  open_notices integer not null,
  at timestamptz not null,
  by text not null,
  salt bytea not null,
  entry uuid not null,
  constraint departure_pkey primary key (department),
  constraint departure_reason_check check (reason <> ''),
  constraint departure_department_fkey foreign key (department) references department(code),
  constraint departure_entry_fkey foreign key (entry) references ledger_leaf(entry_id),
  constraint departure_successor_fkey foreign key (successor) references department(code)
);
create trigger append_only before delete or update or truncate on departure for each statement
    execute function append_only();
grant select on departure to enforcement_application;
comment on table departure is 'How a department was retired or merged, and what it had not acknowledged. Append-only, for ever.';
comment on column departure.acknowledged is 'Position up to which it had acknowledged when it left.';

create table directive (
  id uuid not null,
  ordering bigint not null generated always as identity,
  interception uuid not null,
  type text not null,
  asset_type text,
  asset_sealed bytea,
  note_sealed bytea,
  made_by text not null,
  at timestamptz not null,
  constraint directive_pkey primary key (id),
  constraint directive_type_check check (type in ('SEAL', 'PROCEEDS_TO_COURT', 'REFUSE',
      'ALLOW')),
  constraint directive_interception_fkey foreign key (interception) references interception(id),
  constraint directive_made_by_fkey foreign key (made_by) references judge(id)
);
create index directive_interception on directive using btree (interception, ordering);
grant select, insert on directive to enforcement_application;
comment on table directive is 'A judge''s answer to an interception, the last one counts. For ever.';
comment on column directive.type is 'SEAL: seize the asset (查封).';

create table endpoint (
  department text not null,
  url text not null,
  version integer not null default 1,
  secret_sealed bytea not null,
  previous_secret_sealed bytea,
  previous_secret_until timestamptz,
  position bigint not null default 0,
  sent bigint not null default 0,
  failures integer not null default 0,
  last_failure text,
  retry_at timestamptz,
  paused_at timestamptz,
  paused_by text,
  change integer not null default 1,
  told_change integer not null default 0,
  told_at timestamptz,
  signing_key_sealed bytea,
  public_key text,
  previous_signing_key_sealed bytea,
  constraint endpoint_pkey primary key (department),
  constraint endpoint_check check (told_change <= change),
  constraint endpoint_check1 check ((previous_secret_sealed is null) = (previous_secret_until is
      null)),
  constraint endpoint_check2 check ((paused_at is null) = (paused_by is null)),
  constraint endpoint_key_pair check ((signing_key_sealed is null) = (public_key is null)),
  constraint endpoint_department_fkey foreign key (department) references department(code)
);
grant select, insert, update, delete on endpoint to enforcement_application;
comment on table endpoint is 'A department''s webhook and how its channel stands. As long as it has one.';
comment on column endpoint.position is 'Of the channel in the log: all up to it was answered 2xx or not for this department.';
comment on column endpoint.told_change is 'The last `change` that the channel''s workflow has received.';

create table enforcement_case (
  id uuid not null,
  case_number text not null,
  court text not null,
  judge text not null,
  filed_on date not null,
  former_case text,
  basis_number text not null,
  basis_issuer text not null,
  obligation_fen bigint not null,
  content_sealed bytea not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  last_seq integer not null default 0,
  last_leaf_hash bytea,
  erased_at timestamptz,
  constraint enforcement_case_pkey primary key (id),
  constraint enforcement_case_case_number_key unique (case_number),
  constraint enforcement_case_obligation_fen_check check (obligation_fen >= 0),
  constraint enforcement_case_court_fkey foreign key (court) references court(code),
  constraint enforcement_case_judge_court_fkey foreign key (judge, court) references judge(id,
      court)
);
create index enforcement_case_closed on enforcement_case using btree (closed_at) where closed_at
    is not null and erased_at is null;
create index enforcement_case_court on enforcement_case using btree (court, opened_at, id);
create index enforcement_case_former on enforcement_case using btree (former_case) where
    former_case is not null;
create index enforcement_case_judge on enforcement_case using btree (judge, opened_at, id);
grant select, insert, update on enforcement_case to enforcement_application;
comment on table enforcement_case is 'Cases. For ever; the sealed texts until erased, 30 years after the close.';
comment on column enforcement_case.former_case is 'Case number under which the same debt was enforced before (执恢).';
comment on column enforcement_case.obligation_fen is 'What is owed, in fen (1/100 yuan), as it now stands.';
comment on column enforcement_case.last_seq is 'Of its facts; whoever writes one holds this row''s lock.';

create table exemption (
  id uuid not null,
  decision uuid not null,
  defaulter uuid not null,
  services text[],
  from_at timestamptz not null,
  until_at timestamptz not null,
  told_at timestamptz,
  constraint exemption_pkey primary key (id),
  constraint exemption_check check (until_at > from_at),
  constraint exemption_decision_fkey foreign key (decision) references decision(id),
  constraint exemption_defaulter_fkey foreign key (defaulter) references defaulter(id)
);
create index exemption_defaulter on exemption using btree (defaulter);
grant select, insert, update on exemption to enforcement_application;
comment on table exemption is 'Services let through for a time by a decision. For ever.';
comment on column exemption.told_at is 'When departments were notified; null: not yet.';

create table fact (
  id uuid not null,
  enforcement_case uuid not null,
  seq integer not null,
  type text not null,
  defaulter uuid,
  department text,
  service text,
  actor_role text not null,
  actor text not null,
  at timestamptz not null,
  detail jsonb not null default '{}'::jsonb,
  salt bytea,
  trace text,
  constraint fact_pkey primary key (id),
  constraint fact_enforcement_case_seq_key unique (enforcement_case, seq),
  constraint fact_seq_check check (seq > 0),
  constraint fact_type_check check (type in ('case-opened', 'published', 'comparison-hit',
      'feedback', 'directive', 'judge-notified', 'read', 'escalated', 'repayment',
      'repayment-reversed', 'obligation-amended', 'decision', 'hold-ended', 'grace-ended',
      'term-ended', 'restriction-ended', 'release-published', 'all-acknowledged', 'released',
      'late-fact')),
  constraint fact_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint fact_department_fkey foreign key (department) references department(code),
  constraint fact_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint fact_id_fkey foreign key (id) references ledger_leaf(entry_id),
  constraint fact_service_fkey foreign key (service) references service(code)
);
create trigger append_only before delete or truncate on fact for each statement execute function
    append_only();
create trigger fact_never_changes before update on fact for each row execute function
    fact_never_changes();
grant select, insert, update on fact to enforcement_application;
comment on table fact is 'The timeline of each case. Append-only, for ever; the salt until erased.';
comment on column fact.seq is 'Gap-free per case.';
comment on column fact.detail is 'By type, as domain/facts.ts says.';
comment on column fact.salt is 'Opens the leaf''s commitment to the person.';

create table feedback (
  id uuid not null,
  interception uuid not null,
  department text not null,
  action text not null,
  identity text,
  note_sealed bytea,
  acted_at timestamptz not null,
  at timestamptz not null,
  constraint feedback_pkey primary key (id),
  constraint feedback_action_check check (action in ('refused', 'held', 'allowed', 'resumed')),
  constraint feedback_identity_check check (identity in ('same', 'other', 'unsure')),
  constraint feedback_department_fkey foreign key (department) references department(code),
  constraint feedback_interception_fkey foreign key (interception) references interception(id)
);
create index feedback_interception on feedback using btree (interception, at);
grant select, insert on feedback to enforcement_application;
comment on table feedback is 'What a department did about an interception. For ever.';
comment on column feedback.acted_at is 'When it acted, by its own word; `at` is when it said so.';

create table idempotency (
  client text not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  location text,
  body text not null,
  created_at timestamptz not null default now(),
  constraint idempotency_pkey primary key (client, key)
);
create index idempotency_created on idempotency using brin (created_at) with
    (autosummarize='on');
grant select, insert, delete on idempotency to enforcement_application;
comment on table idempotency is 'Stored answers, ids and codes only. 30 days.';

create table identifier (
  id uuid not null,
  subject uuid not null,
  type text not null,
  alias boolean not null,
  number_sealed bytea not null,
  index_key text not null,
  blind bytea not null,
  valid_from date,
  valid_until date,
  country text not null default '',
  fifteen_digits boolean not null default false,
  link uuid,
  revoked_at timestamptz,
  constraint identifier_pkey primary key (id),
  constraint identifier_blind_check check (octet_length(blind) = 16),
  constraint identifier_check check (revoked_at is null or link is not null),
  constraint identifier_link_fkey foreign key (link) references identity_link(id),
  constraint identifier_subject_fkey foreign key (subject) references subject(id)
);
create index identifier_blind on identifier using btree (blind, index_key);
create unique index identifier_linked on identifier using btree (index_key, blind) where link is
    not null and revoked_at is null and not alias;
create unique index identifier_once on identifier using btree (subject, index_key, blind) where
    revoked_at is null;
grant select, insert, update, delete on identifier to enforcement_application;
comment on table identifier is 'Numbers of subjects, found by a keyed hash. Until the subject is erased.';
comment on column identifier.alias is 'Derived from another number of the party, as the organisation code inside a credit code.';
comment on column identifier.index_key is 'Key of `blind`: an index key of the ring, or department/quarter for a token.';
comment on column identifier.blind is 'HMAC-SHA-256 over type, country and number, cut to 16 bytes.';
comment on column identifier.link is 'The link that gave the number; null: it stood in a listing.';

create table identity_access (
  id uuid not null,
  subject uuid not null,
  interception uuid,
  actor_role text not null,
  actor text not null,
  court text not null,
  credential uuid not null,
  purpose text not null,
  at timestamptz not null default clock_timestamp(),
  trace text,
  constraint identity_access_pkey primary key (id),
  constraint identity_access_court_fkey foreign key (court) references court(code),
  constraint identity_access_credential_fkey foreign key (credential) references credential(id),
  constraint identity_access_interception_fkey foreign key (interception) references
      interception(id),
  constraint identity_access_subject_fkey foreign key (subject) references subject(id)
);
create index identity_access_court on identity_access using btree (court, at);
create index identity_access_subject on identity_access using btree (subject, at);
create trigger append_only before truncate on identity_access for each statement execute
    function append_only();
create trigger identity_access_is_kept before delete or update on identity_access for each row
    execute function identity_access_is_kept();
grant select, insert, delete on identity_access to enforcement_application;
comment on table identity_access is 'Who looked at an unmasked party, and why. Five years; the database refuses to delete before three.';

create table identity_decision (
  id uuid not null,
  interception uuid not null,
  subject uuid not null,
  identity text not null,
  reason_sealed bytea not null,
  made_by text not null,
  court text not null,
  at timestamptz not null,
  fact uuid not null,
  constraint identity_decision_pkey primary key (id),
  constraint identity_decision_identity_check check (identity in ('same', 'other')),
  constraint identity_decision_court_fkey foreign key (court) references court(code),
  constraint identity_decision_fact_fkey foreign key (fact) references identity_fact(id),
  constraint identity_decision_interception_fkey foreign key (interception) references
      interception(id),
  constraint identity_decision_made_by_fkey foreign key (made_by) references judge(id),
  constraint identity_decision_subject_fkey foreign key (subject) references subject(id)
);
create index identity_decision_interception on identity_decision using btree (interception, at);
create trigger append_only before delete or truncate on identity_decision for each statement
    execute function append_only();
grant select, insert, update on identity_decision to enforcement_application;
comment on table identity_decision is 'What a court said about a doubtful match. For ever; the reason until the party is erased.';

create table identity_exception (
  id uuid not null,
  subject uuid not null,
  decision uuid not null,
  name_sealed bytea not null,
  weak boolean not null,
  court text not null,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked uuid,
  forgotten_at timestamptz,
  constraint identity_exception_pkey primary key (id),
  constraint identity_exception_decision_key unique (decision),
  constraint identity_exception_check check (expires_at > made_at),
  constraint identity_exception_check1 check ((revoked_at is null) = (revoked is null)),
  constraint identity_exception_court_fkey foreign key (court) references court(code),
  constraint identity_exception_decision_fkey foreign key (decision) references
      identity_decision(id),
  constraint identity_exception_revoked_fkey foreign key (revoked) references identity_fact(id),
  constraint identity_exception_subject_fkey foreign key (subject) references subject(id)
);
create index identity_exception_subject on identity_exception using btree (subject) where
    revoked_at is null;
create trigger append_only before delete or truncate on identity_exception for each statement
    execute function append_only();
grant select, insert, update on identity_exception to enforcement_application;
comment on table identity_exception is '"Not this person": suppresses one pair of number and name. Name forgotten 30 days after its end.';
comment on column identity_exception.weak is 'Asked in 15 digits: holds for that form alone.';

create table identity_exception_number (
  id uuid not null,
  exception uuid not null,
  type text not null,
  country text not null,
  number_sealed bytea not null,
  index_key text not null,
  blind bytea not null,
  constraint identity_exception_number_pkey primary key (id),
  constraint identity_exception_number_exception_index_key_blind_key unique (exception,
      index_key, blind),
  constraint identity_exception_number_blind_check check (octet_length(blind) = 16),
  constraint identity_exception_number_exception_fkey foreign key (exception) references
      identity_exception(id)
);
create index identity_exception_blind on identity_exception_number using btree (blind);
grant select, insert, update, delete on identity_exception_number to enforcement_application;
comment on table identity_exception_number is 'The numbers of an exception. Deleted 30 days after its end.';

create table identity_fact (
  id uuid not null,
  subject uuid not null,
  seq integer not null,
  type text not null,
  court text not null,
  department text,
  actor_role text not null,
  actor text not null,
  at timestamptz not null,
  detail jsonb not null,
  salt bytea,
  other_salt bytea,
  trace text,
  constraint identity_fact_pkey primary key (id),
  constraint identity_fact_subject_seq_key unique (subject, seq),
  constraint identity_fact_seq_check check (seq > 0),
  constraint identity_fact_type_check check (type in ('link.made', 'link.revoked',
      'identity.decided', 'exception.revoked')),
  constraint identity_fact_court_fkey foreign key (court) references court(code),
  constraint identity_fact_department_fkey foreign key (department) references department(code),
  constraint identity_fact_id_fkey foreign key (id) references ledger_leaf(entry_id),
  constraint identity_fact_subject_fkey foreign key (subject) references subject(id)
);
create trigger append_only before delete or truncate on identity_fact for each statement execute
    function append_only();
create trigger identity_fact_never_changes before update on identity_fact for each row execute
    function identity_fact_never_changes();
grant select, insert, update on identity_fact to enforcement_application;
comment on table identity_fact is 'Facts about who is who, chained per subject. Append-only, for ever; the salts until erased.';
comment on column identity_fact.seq is 'Gap-free per subject.';

create table identity_link (
  id uuid not null,
  relation text not null,
  subject uuid not null,
  other uuid,
  department text,
  reference_sealed bytea,
  reference_key text,
  reference_blind bytea,
  interception uuid,
  evidence bytea not null,
  from_date date,
  until_date date,
  court text not null,
  made_at timestamptz not null,
  made uuid not null,
  revoked_at timestamptz,
  revoked uuid,
  constraint identity_link_pkey primary key (id),
  constraint identity_link_made_key unique (made),
  constraint identity_link_revoked_key unique (revoked),
  constraint identity_link_check check (until_date >= from_date),
  constraint identity_link_check1 check (other <> subject),
  constraint identity_link_check2 check ((other is not null) = (relation in ('same-person',
      'renamed-from', 'legal-rep-of', 'operator-of'))),
  constraint identity_link_check3 check ((relation = 'local-reference') = (department is not
      null)),
  constraint identity_link_check4 check ((relation = 'local-reference') = (reference_blind is
      not null) and (reference_blind is null) = (reference_sealed is null) and (reference_blind is
      null) = (reference_key is null)),
  constraint identity_link_check5 check ((revoked_at is null) = (revoked is null)),
  constraint identity_link_evidence_check check (octet_length(evidence) = 32),
  constraint identity_link_reference_blind_check check (octet_length(reference_blind) = 16),
  constraint identity_link_relation_check check (relation in ('same-person', 'renamed-from',
      'alias-number', 'uscc-of', 'legal-rep-of', 'operator-of', 'local-reference')),
  constraint identity_link_court_fkey foreign key (court) references court(code),
  constraint identity_link_department_fkey foreign key (department) references department(code),
  constraint identity_link_interception_fkey foreign key (interception) references
      interception(id),
  constraint identity_link_made_fkey foreign key (made) references identity_fact(id),
  constraint identity_link_other_fkey foreign key (other) references subject(id),
  constraint identity_link_revoked_fkey foreign key (revoked) references identity_fact(id),
  constraint identity_link_subject_fkey foreign key (subject) references subject(id)
);
create index identity_link_any_other on identity_link using btree (other) where other is not
    null;
create index identity_link_any_subject on identity_link using btree (subject);
create index identity_link_other on identity_link using btree (other) where revoked_at is null
    and other is not null;
create unique index identity_link_pair on identity_link using btree (relation, least(subject,
    other), greatest(subject, other)) where revoked_at is null and other is not null;
create unique index identity_link_reference on identity_link using btree (department,
    reference_blind) where revoked_at is null and department is not null;
create index identity_link_revoked on identity_link using btree (revoked_at) where revoked_at is
    not null and other is not null;
create index identity_link_subject on identity_link using btree (subject) where revoked_at is
    null;
create trigger append_only before delete or truncate on identity_link for each statement execute
    function append_only();
create trigger identity_link_never_changes before update on identity_link for each row execute
    function identity_link_never_changes();
grant select, insert, update on identity_link to enforcement_application;
comment on table identity_link is 'Who is the same as whom, by a court''s word. Append-only, for ever; ended once, by a counter-fact.';
comment on column identity_link.evidence is 'SHA-256 of the document, which stays with the court.';

create table identity_search (
  id uuid not null,
  actor_role text not null,
  actor text not null,
  court text not null,
  credential uuid not null,
  purpose text not null,
  at timestamptz not null default clock_timestamp(),
  found uuid[] not null,
  agreements text[] not null,
  complete boolean not null,
  truncated boolean not null,
  trace text,
  constraint identity_search_pkey primary key (id),
  constraint identity_search_check check (agreements <@ array['name', 'script', 'sound'] and
      cardinality(agreements) = cardinality(found)),
  constraint identity_search_court_fkey foreign key (court) references court(code),
  constraint identity_search_credential_fkey foreign key (credential) references credential(id)
);
create index identity_search_at on identity_search using btree (at);
create index identity_search_court on identity_search using btree (court, at);
create trigger append_only before truncate on identity_search for each statement execute
    function append_only();
create trigger identity_access_is_kept before delete or update on identity_search for each row
    execute function identity_access_is_kept();
grant select, insert, delete on identity_search to enforcement_application;
comment on table identity_search is 'Who searched for candidates, and whom it brought up, never whom it sought. As identity_access.';

create table inbox_item (
  id uuid not null,
  key text not null,
  kind text not null,
  enforcement_case uuid not null,
  defaulter uuid,
  interception uuid,
  department text,
  at timestamptz not null,
  deadline timestamptz,
  read_at timestamptz,
  read_by text,
  constraint inbox_item_pkey primary key (id),
  constraint inbox_item_key_key unique (key),
  constraint inbox_item_kind_check check (kind in ('interception', 'decide-restriction',
      'late-fact', 'reversal', 'overdue-acknowledgement', 'escalation')),
  constraint inbox_item_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint inbox_item_department_fkey foreign key (department) references department(code),
  constraint inbox_item_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint inbox_item_interception_fkey foreign key (interception) references interception(id)
);
create index inbox_item_case on inbox_item using btree (enforcement_case, at);
create index inbox_item_unread on inbox_item using btree (at) where read_at is null;
grant select, insert, update on inbox_item to enforcement_application;
comment on table inbox_item is 'What judges have to see, each key once. For ever.';

create table interception (
  id uuid not null,
  comparison uuid not null,
  department text not null,
  service text not null,
  reference text not null,
  enforcement_case uuid not null,
  defaulter uuid not null,
  outcome text not null,
  reasons text[] not null,
  measures text[] not null,
  rule_version integer not null,
  object_type text,
  object_sealed bytea,
  object_blind bytea,
  own_stop_at timestamptz,
  at timestamptz not null,
  hold_until timestamptz,
  freed_at timestamptz,
  hold_ended_at timestamptz,
  stops integer not null default 1,
  latest_comparison uuid,
  links uuid[] not null default '{}'::uuid[],
  matched_subject uuid,
  constraint interception_pkey primary key (id),
  constraint interception_department_service_reference_defaulter_key unique (department,
      service, reference, defaulter),
  constraint interception_object_blind_check check (octet_length(object_blind) = 16),
  constraint interception_outcome_check check (outcome in ('INTERCEPT', 'REVIEW', 'NOTIFY')),
  constraint interception_comparison_fkey foreign key (comparison) references comparison(id),
  constraint interception_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint interception_department_fkey foreign key (department) references department(code),
  constraint interception_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint interception_latest_comparison_fkey foreign key (latest_comparison) references
      comparison(id),
  constraint interception_matched_subject_fkey foreign key (matched_subject) references
      subject(id),
  constraint interception_service_fkey foreign key (service) references service(code)
);
create index interception_by_link on interception using btree (matched_subject) where links <>
    '{}'::uuid[];
create index interception_defaulter on interception using btree (defaulter);
create index interception_links on interception using gin (links) where links <> '{}'::uuid[];
grant select, insert, update on interception to enforcement_application;
comment on table interception is 'A stopped, held or noted business, one row per defaulter that it met. For ever.';
comment on column interception.own_stop_at is 'When the department says that it stopped the business itself.';
comment on column interception.stops is 'How often: once more each time after it was freed.';
comment on column interception.links is 'The links it was met by, in order; empty: by the defaulter''s own record.';

create table judge (
  id text not null,
  court text not null,
  constraint judge_pkey primary key (id),
  constraint judge_id_court_key unique (id, court),
  constraint judge_court_fkey foreign key (court) references court(code)
);
grant select on judge to enforcement_application;
comment on table judge is 'Judges and their court. From the catalogue, for ever.';

create table judge_mail (
  inbox_item uuid not null,
  judge text not null,
  failures integer not null default 0,
  retry_at timestamptz not null default now(),
  last_failure text,
  sent_at timestamptz,
  constraint judge_mail_pkey primary key (inbox_item, judge),
  constraint judge_mail_inbox_item_fkey foreign key (inbox_item) references inbox_item(id),
  constraint judge_mail_judge_fkey foreign key (judge) references judge(id)
);
create index judge_mail_due on judge_mail using btree (retry_at) where sent_at is null;
grant select, insert, update on judge_mail to enforcement_application;
comment on table judge_mail is 'Which inbox items were mailed to which judge, and the lease of who is sending. For ever.';

create table key_in_use (
  id text not null,
  purpose text not null,
  since timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  constraint key_in_use_pkey primary key (id, purpose),
  constraint key_in_use_purpose_check check (purpose in ('seal', 'index'))
);
grant select, insert, update on key_in_use to enforcement_application;
comment on table key_in_use is 'Ids of keys that the ring must have: a start without one fails. For ever.';

create table key_rotation (
  task text not null,
  key text not null,
  cursor uuid,
  done bigint not null default 0,
  finished_at timestamptz,
  constraint key_rotation_pkey primary key (task, key)
);
comment on table key_rotation is 'How far each rotation has come: it goes on where it stopped. For ever.';

create table leaf_signature (
  entry uuid not null,
  signed uuid not null,
  kid text not null,
  constraint leaf_signature_pkey primary key (entry),
  constraint leaf_signature_signed_kid_key unique (signed, kid),
  constraint leaf_signature_entry_fkey foreign key (entry) references ledger_leaf(entry_id),
  constraint leaf_signature_kid_fkey foreign key (kid) references signing_key(kid),
  constraint leaf_signature_signed_fkey foreign key (signed) references ledger_leaf(entry_id)
);
create trigger append_only before delete or update or truncate on leaf_signature for each
    statement execute function append_only();
grant select, insert on leaf_signature to enforcement_application;
comment on table leaf_signature is 'Leaves that say: that leaf is signed with this key. Append-only, for ever.';

create table ledger_checkpoint (
  size bigint not null,
  root bytea not null,
  note text not null,
  at timestamptz not null default clock_timestamp(),
  constraint ledger_checkpoint_pkey primary key (size),
  constraint ledger_checkpoint_root_check check (octet_length(root) = 32),
  constraint ledger_checkpoint_size_check check (size >= 0)
);
create trigger append_only before delete or update or truncate on ledger_checkpoint for each
    statement execute function append_only();
grant select on ledger_checkpoint to enforcement_application;
grant select, insert on ledger_checkpoint to enforcement_sequencer;
comment on table ledger_checkpoint is 'Signed checkpoints, one root per size. Append-only, for ever.';

create table ledger_cosignature (
  size bigint not null,
  witness text not null,
  line text not null,
  at timestamptz not null default clock_timestamp(),
  constraint ledger_cosignature_pkey primary key (size, witness),
  constraint ledger_cosignature_size_fkey foreign key (size) references ledger_checkpoint(size)
);
create trigger append_only before delete or update or truncate on ledger_cosignature for each
    statement execute function append_only();
grant select on ledger_cosignature to enforcement_application;
grant select, insert on ledger_cosignature to enforcement_sequencer;
comment on table ledger_cosignature is 'Lines of witnesses under checkpoints. Append-only, for ever.';

create table ledger_entry (
  seq bigint not null,
  entry_id uuid not null,
  leaf_hash bytea not null,
  constraint ledger_entry_pkey primary key (seq),
  constraint ledger_entry_entry_id_key unique (entry_id),
  constraint ledger_entry_leaf_hash_check check (octet_length(leaf_hash) = 32),
  constraint ledger_entry_seq_check check (seq >= 0),
  constraint ledger_entry_entry_id_fkey foreign key (entry_id) references ledger_leaf(entry_id)
);
create trigger append_only before delete or update or truncate on ledger_entry for each
    statement execute function append_only();
grant select on ledger_entry to enforcement_application;
grant select, insert on ledger_entry to enforcement_sequencer;
comment on table ledger_entry is 'The log: leaves by index. Written by the sequencer alone, append-only, for ever.';
comment on column ledger_entry.seq is 'Index in the log, from 0, without gaps.';

create table ledger_hash (
  level smallint not null,
  idx bigint not null,
  hash bytea not null,
  constraint ledger_hash_pkey primary key (level, idx),
  constraint ledger_hash_hash_check check (octet_length(hash) = 32),
  constraint ledger_hash_idx_check check (idx >= 0),
  constraint ledger_hash_level_check check (level >= 1)
);
create trigger append_only before delete or update or truncate on ledger_hash for each statement
    execute function append_only();
grant select on ledger_hash to enforcement_application;
grant select, insert on ledger_hash to enforcement_sequencer;
comment on table ledger_hash is 'Hashes of full tiles (C2SP tlog-tiles). Append-only, for ever.';
comment on column ledger_hash.level is 'Row idx of level l is the hash of full tile idx of level l - 1.';

create table ledger_leaf (
  entry_id uuid not null,
  business_key text not null,
  leaf bytea not null,
  leaf_hash bytea not null,
  created_at timestamptz not null default now(),
  constraint ledger_leaf_pkey primary key (entry_id),
  constraint ledger_leaf_business_key_key unique (business_key),
  constraint ledger_leaf_hash check (leaf_hash = sha256('\x00'::bytea || leaf)) not valid,
  constraint ledger_leaf_leaf_check check (octet_length(leaf) <= 8192),
  constraint ledger_leaf_leaf_hash_check check (octet_length(leaf_hash) = 32)
);
create trigger append_only before delete or update or truncate on ledger_leaf for each statement
    execute function append_only();
grant select, insert on ledger_leaf to enforcement_application;
grant select on ledger_leaf to enforcement_sequencer;
comment on table ledger_leaf is 'Leaves: canonical JSON, one per fact. Append-only, for ever.';
comment on column ledger_leaf.leaf_hash is 'SHA-256(00 ‖ leaf), RFC 6962.';

create table ledger_pending (
  entry_id uuid not null,
  constraint ledger_pending_pkey primary key (entry_id),
  constraint ledger_pending_entry_id_fkey foreign key (entry_id) references
      ledger_leaf(entry_id)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);
create trigger ledger_pending_once before insert on ledger_pending for each row execute function
    ledger_pending_once() /* disabled */;
grant select, insert on ledger_pending to enforcement_application;
grant select, delete on ledger_pending to enforcement_sequencer;
comment on table ledger_pending is 'A queue: leaves that have no index in the log yet. Emptied by the sequencer.';

create table ledger_replayed (
  business_key text not null,
  entry_id uuid not null,
  constraint ledger_replayed_pkey primary key (business_key),
  constraint ledger_replayed_entry_id_key unique (entry_id),
  constraint ledger_replayed_entry_id_fkey foreign key (entry_id) references
      ledger_leaf(entry_id)
);
create trigger append_only before delete or update or truncate on ledger_replayed for each
    statement execute function append_only();
grant select on ledger_replayed to enforcement_application;
grant select on ledger_replayed to enforcement_sequencer;
comment on table ledger_replayed is 'Leaves put back from a mirror after a restore, by business key. For ever.';

create table ledger_standing (
  number bigint not null,
  state text not null,
  witness text not null,
  size bigint not null,
  note text,
  at timestamptz not null default clock_timestamp(),
  constraint ledger_standing_pkey primary key (number),
  constraint ledger_standing_state_check check (state in ('behind', 'level'))
);
create trigger append_only before delete or update or truncate on ledger_standing for each
    statement execute function append_only();
grant select on ledger_standing to enforcement_application;
grant select, insert on ledger_standing to enforcement_sequencer;
comment on table ledger_standing is 'Status of the log: the last row says whether somebody holds more than this database. For ever.';

create table ledger_superseded (
  entry_id uuid not null,
  by uuid not null,
  constraint ledger_superseded_pkey primary key (entry_id),
  constraint ledger_superseded_by_fkey foreign key (by) references ledger_leaf(entry_id),
  constraint ledger_superseded_entry_id_fkey foreign key (entry_id) references
      ledger_leaf(entry_id)
);
create trigger append_only before delete or update or truncate on ledger_superseded for each
    statement execute function append_only();
grant select on ledger_superseded to enforcement_application;
grant select on ledger_superseded to enforcement_sequencer;
comment on table ledger_superseded is 'Leaves written again after a restore, and the replayed ones for which they stand. For ever.';

create table ledger_witnessed (
  size bigint not null,
  note text not null,
  at timestamptz not null default clock_timestamp(),
  constraint ledger_witnessed_pkey primary key (size),
  constraint ledger_witnessed_size_fkey foreign key (size) references ledger_checkpoint(size)
);
create trigger append_only before delete or update or truncate on ledger_witnessed for each
    statement execute function append_only();
grant select on ledger_witnessed to enforcement_application;
grant select, insert on ledger_witnessed to enforcement_sequencer;
comment on table ledger_witnessed is 'Checkpoints with enough lines of witnesses. Append-only, for ever.';

create table migration (
  id integer not null default nextval('migration_id_seq'::regclass),
  name character varying(255) not null,
  run_on timestamp without time zone not null,
  constraint migration_pkey primary key (id)
);
grant select, insert on migration to enforcement_application;
comment on table migration is 'Migrations that were done, by node-pg-migrate. For ever.';

create table name_index (
  subject uuid not null,
  link uuid,
  index_key text not null,
  blind bytea not null,
  constraint name_index_subject_index_key_blind_link_key unique nulls not distinct (subject,
      index_key, blind, link),
  constraint name_index_blind_check check (octet_length(blind) = 16),
  constraint name_index_link_fkey foreign key (link) references identity_link(id),
  constraint name_index_subject_fkey foreign key (subject) references subject(id)
);
create index name_index_blind on name_index using btree (blind);
grant select, insert, delete on name_index to enforcement_application;
comment on table name_index is 'By what candidates are found: name, birth date and sex together. Read by no comparison; until erased.';

create table notice (
  id uuid not null,
  ordering bigint not null default nextval('notice_ordering'::regclass),
  position bigint,
  kind text not null,
  action text not null,
  enforcement_case uuid not null,
  defaulter uuid not null,
  department text,
  directive uuid,
  measures text[] not null,
  until timestamptz,
  at timestamptz not null,
  settled_at timestamptz,
  services text[],
  handed_from uuid,
  restrictions uuid[] not null,
  interceptions uuid[] not null,
  constraint notice_pkey primary key (id),
  constraint notice_defaulter_action_key unique (defaulter, action),
  constraint notice_ordering_key unique (ordering),
  constraint notice_position_key unique ("position"),
  constraint notice_addressed check ((kind = 'DIRECTIVE' or handed_from is not null) =
      (department is not null)),
  constraint notice_check check (settled_at is null or "position" is not null),
  constraint notice_check2 check ((kind = 'DIRECTIVE') = (directive is not null)),
  constraint notice_kind_check check (kind in ('PUBLISH', 'RELEASE', 'STAY', 'RESUME', 'EXTEND',
      'CORRECT', 'EXEMPT', 'DIRECTIVE')),
  constraint notice_position_check check ("position" > 0),
  constraint notice_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint notice_department_fkey foreign key (department) references department(code),
  constraint notice_directive_fkey foreign key (directive) references directive(id),
  constraint notice_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint notice_handed_from_fkey foreign key (handed_from) references notice(id)
);
create index notice_directed on notice using btree ("position") where department is not null and
    settled_at is null;
create index notice_handed on notice using btree (handed_from) where handed_from is not null;
create index notice_unassigned on notice using btree (ordering) where "position" is null;
create index notice_unsettled on notice using btree ("position") where settled_at is null;
grant select, insert, update on notice to enforcement_application;
comment on table notice is 'The log of what departments are notified of. For ever.';
comment on column notice.ordering is 'Drawn under the lock of the case; positions are given in this order after commit.';
comment on column notice.position is 'In the log; null: not assigned yet.';
comment on column notice.action is 'Kind and number within the enforcement.';
comment on column notice.department is 'The one addressee; null: all whom its measures or services concern.';
comment on column notice.settled_at is 'When all whom it concerns had acknowledged.';
comment on column notice.services is 'Services it is limited to; null: all that its measures gate.';

create table notice_batch (
  id uuid not null,
  department text not null,
  after bigint not null,
  up_to bigint not null,
  body text not null,
  blocking uuid[] not null,
  constraint notice_batch_pkey primary key (id),
  constraint notice_batch_department_key unique (department),
  constraint notice_batch_check check (up_to > after),
  constraint notice_batch_department_fkey foreign key (department) references
      endpoint(department) on delete cascade
);
grant select, insert, update, delete on notice_batch to enforcement_application;
comment on table notice_batch is 'The batch a channel is sending, body and all. Until taken or out of date.';

create table outbox (
  defaulter uuid not null,
  seq integer not null,
  signal text not null,
  ref uuid not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  constraint outbox_pkey primary key (defaulter, seq),
  constraint outbox_seq_check check (seq > 0),
  constraint outbox_signal_check check (signal in ('opened', 'interception', 'repayment',
      'decision', 'acknowledged')),
  constraint outbox_defaulter_fkey foreign key (defaulter) references defaulter(id)
);
create index outbox_unsent on outbox using btree (created_at) where sent_at is null;
grant select, insert, update on outbox to enforcement_application;
comment on table outbox is 'Facts for each defaulter''s workflow, numbered. For ever: redrive sends them again.';
comment on column outbox.sent_at is 'Null: Temporal does not have it yet.';

create table repayment (
  id uuid not null,
  enforcement_case uuid not null,
  reference text not null,
  amount_fen bigint not null,
  received_on date not null,
  source text not null,
  payer_sealed bytea,
  interception uuid,
  recorded_at timestamptz not null,
  outstanding_fen bigint not null,
  surplus_fen bigint not null,
  reversed_at timestamptz,
  reversal_reason_sealed bytea,
  payer_defaulter uuid,
  constraint repayment_pkey primary key (id),
  constraint repayment_enforcement_case_reference_key unique (enforcement_case, reference),
  constraint repayment_amount_fen_check check (amount_fen > 0),
  constraint repayment_check check ((reversed_at is null) = (reversal_reason_sealed is null)),
  constraint repayment_outstanding_fen_check check (outstanding_fen >= 0),
  constraint repayment_source_check check (source in ('voluntary', 'sale-proceeds', 'enforced')),
  constraint repayment_surplus_fen_check check (surplus_fen >= 0),
  constraint repayment_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint repayment_interception_fkey foreign key (interception) references interception(id),
  constraint repayment_payer_defaulter_fkey foreign key (payer_defaulter) references
      defaulter(id)
);
create index repayment_payer on repayment using btree (payer_defaulter) where payer_defaulter is
    not null;
create trigger append_only before delete or truncate on repayment for each statement execute
    function append_only();
create trigger repayment_never_changes before update on repayment for each row execute function
    repayment_never_changes();
grant select, insert, update on repayment to enforcement_application;
comment on table repayment is 'What was paid, each reference once. Append-only, for ever; reversed at most once.';
comment on column repayment.amount_fen is 'In fen.';
comment on column repayment.outstanding_fen is 'In fen, as the first answer said: a repeat of the reference is answered alike.';
comment on column repayment.surplus_fen is 'In fen, as outstanding_fen.';

create table representative (
  id uuid not null,
  defaulter uuid not null,
  subject uuid not null,
  role text not null,
  until timestamptz,
  constraint representative_pkey primary key (id),
  constraint representative_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint representative_subject_fkey foreign key (subject) references subject(id)
);
create index representative_defaulter on representative using btree (defaulter);
create index representative_subject on representative using btree (subject);
grant select, insert, update on representative to enforcement_application;
comment on table representative is 'Related persons of an organisation whom CONSUMPTION reaches on its services. For ever.';

create table restriction (
  id uuid not null,
  enforcement_case uuid not null,
  defaulter uuid not null,
  subject uuid not null,
  measure text not null,
  decision_number text not null,
  decision_made_on date not null,
  from_date date,
  asset_type text,
  asset_sealed bytea,
  asset_blind bytea,
  decided_at timestamptz not null,
  in_force_at timestamptz,
  until timestamptz,
  ended_at timestamptz,
  end_ground text,
  end_told_at timestamptz,
  term_from date,
  constraint restriction_pkey primary key (id),
  constraint restriction_asset_blind_check check (octet_length(asset_blind) = 16),
  constraint restriction_asset_type_check check (asset_type in ('property-unit', 'vehicle',
      'other')),
  constraint restriction_check check ((measure = 'SEAL') = (asset_type is not null)),
  constraint restriction_check1 check ((asset_type is null) = (asset_sealed is null) and
      (asset_type is null) = (asset_blind is null)),
  constraint restriction_check2 check ((ended_at is null) = (end_ground is null)),
  constraint restriction_check3 check (end_told_at is null or ended_at is not null),
  constraint restriction_check4 check (until is null or in_force_at is not null),
  constraint restriction_check5 check (in_force_at <= ended_at),
  constraint restriction_end_ground_check check (end_ground in ('performed', 'settled',
      'creditor-request', 'no-assets', 'retrial-or-bankruptcy', 'not-enforced', 'terminated',
      'early', 'revoked', 'expired', 'corrected')),
  constraint restriction_measure_check check (measure in ('LISTING', 'CONSUMPTION', 'EXIT',
      'SEAL')),
  constraint restriction_defaulter_fkey foreign key (defaulter) references defaulter(id),
  constraint restriction_enforcement_case_fkey foreign key (enforcement_case) references
      enforcement_case(id),
  constraint restriction_subject_fkey foreign key (subject) references subject(id)
);
create index restriction_defaulter on restriction using btree (defaulter);
create unique index restriction_open on restriction using btree (defaulter, measure,
    coalesce(asset_type, ''), coalesce(asset_blind, '\x'::bytea)) where ended_at is null;
create index restriction_subject on restriction using btree (subject);
create trigger append_only before delete or truncate on restriction for each statement execute
    function append_only();
create trigger restriction_stays_ended before update on restriction for each row execute
    function restriction_stays_ended();
grant select, insert, update on restriction to enforcement_application;
comment on table restriction is 'Measures decided against a defaulter: come into force once, end once. Never deleted.';
comment on column restriction.asset_blind is 'Keyed hash of the asset of a seizure, 16 bytes.';
comment on column restriction.until is 'End of the term, known from the publish on; null: no term.';
comment on column restriction.end_told_at is 'When departments were notified of the end; null: nothing to notify, or not yet.';
comment on column restriction.term_from is 'A corrected listing keeps the day from which its term counts.';

create table retention_cursor (
  kind text not null,
  cursor uuid not null,
  constraint retention_cursor_pkey primary key (kind),
  constraint retention_cursor_kind_fkey foreign key (kind) references retention_rule(kind)
);
grant select, insert, update on retention_cursor to enforcement_application;
comment on table retention_cursor is 'Up to which comparison clear ones are forgotten: their ids are in order of time. For ever.';

create table retention_rule (
  kind text not null,
  keep interval not null,
  constraint retention_rule_pkey primary key (kind),
  constraint retention_rule_keep_check check (keep > '00:00:00'::interval),
  constraint retention_rule_kind_check check (kind in ('clear-comparison', 'exception',
      'access-log', 'case', 'linked-party'))
);
grant select on retention_rule to enforcement_application;
comment on table retention_rule is 'How long what is kept. From the catalogue, for ever.';

create table retention_run (
  id uuid not null,
  kind text not null,
  at timestamptz not null,
  up_to timestamptz not null,
  count integer not null,
  digest bytea not null,
  salt bytea not null,
  constraint retention_run_pkey primary key (id),
  constraint retention_run_count_check check (count > 0),
  constraint retention_run_digest_check check (octet_length(digest) = 32),
  constraint retention_run_id_fkey foreign key (id) references ledger_leaf(entry_id),
  constraint retention_run_kind_fkey foreign key (kind) references retention_rule(kind)
);
create index retention_run_kind on retention_run using btree (kind, at);
create trigger append_only before delete or update or truncate on retention_run for each
    statement execute function append_only();
grant select, insert on retention_run to enforcement_application;
comment on table retention_run is 'What was deleted at its time: kind, count, digest. Append-only, for ever.';
comment on column retention_run.digest is 'SHA-256 of the deleted ids, sorted, one a line.';

create table school (
  code text not null,
  version integer not null,
  name_zh text not null,
  name_en text not null,
  listed boolean not null,
  enrols_from date,
  enrols_until date,
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  constraint school_pkey primary key (code, version),
  constraint school_check check ((enrols_from is null) = (enrols_until is null)),
  constraint school_check1 check (enrols_until >= enrols_from and enrols_until <= (enrols_from +
      92)),
  constraint school_code_check check (code ~ '^[A-Z0-9-]{1,20}$'),
  constraint school_version_check check (version > 0)
);
create trigger append_only before delete or update or truncate on school for each statement
    execute function append_only();
grant select, insert on school to enforcement_application;
comment on table school is 'One row per version of a school that charges above the normal standard, the highest in effect. For ever.';
comment on column school.enrols_from is 'First day, included, on which enrolment may be stopped; null: nobody is stopped there.';

create table seal (
  id uuid not null,
  number bigint not null generated always as identity,
  department text not null,
  count integer not null,
  constraint seal_pkey primary key (id),
  constraint seal_number_key unique (number),
  constraint seal_count_check check (count > 0),
  constraint seal_department_fkey foreign key (department) references department(code),
  constraint seal_id_fkey foreign key (id) references ledger_leaf(entry_id)
);
create index seal_department on seal using btree (department, number);
create trigger append_only before delete or update or truncate on seal for each statement
    execute function append_only();
grant select, insert on seal to enforcement_application;
comment on table seal is 'Comparison batches: clear comparisons of a department under one leaf. Append-only, for ever.';

create table service (
  code text not null,
  department text,
  name_zh text not null,
  name_en text not null,
  opinion_class text,
  never_gated boolean not null,
  constraint service_pkey primary key (code),
  constraint service_code_never_gated_key unique (code, never_gated),
  constraint service_check check (never_gated = (department is null)),
  constraint service_department_fkey foreign key (department) references department(code)
);
grant select on service to enforcement_application;
comment on table service is 'Services of the catalogue. For ever.';
comment on column service.never_gated is 'Nobody may be stopped there, whatever is decided: it belongs to no department and gets no rule.';

create table service_confirmation (
  defaulter uuid not null,
  service text not null,
  decision uuid not null,
  told_at timestamptz,
  constraint service_confirmation_pkey primary key (defaulter, service),
  constraint service_confirmation_decision_fkey foreign key (decision) references decision(id),
  constraint service_confirmation_defaulter_fkey foreign key (defaulter) references
      defaulter(id),
  constraint service_confirmation_service_fkey foreign key (service) references service(code)
);
grant select, insert, update on service_confirmation to enforcement_application;
comment on table service_confirmation is 'Services at which a court confirmed that a measure applies. For ever.';
comment on column service_confirmation.told_at is 'When departments were notified: it has no effect before.';

create table service_rule (
  service text not null,
  version integer not null,
  never_gated boolean not null default false,
  edition text not null,
  subjects text[] not null,
  disposition text not null,
  gated_by text[] not null,
  flags text[] not null default '{}'::text[],
  enabled boolean not null,
  valid_from date,
  valid_until date,
  hold_days smallint,
  legal_basis text not null,
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  constraint service_rule_pkey primary key (service, version),
  constraint service_rule_disposition_check check (disposition in ('BLOCK', 'REVIEW', 'NOTIFY',
      'ASSIST')),
  constraint service_rule_gated_by_check check (gated_by <@ array['LISTING', 'CONSUMPTION',
      'EXIT', 'SEAL']),
  constraint service_rule_hold_days_check check (hold_days >= 1 and hold_days <= 365),
  constraint service_rule_never_gated_check check (not never_gated),
  constraint service_rule_subjects_check check (subjects <@ array['P', 'O', 'R']),
  constraint service_rule_version_check check (version > 0),
  constraint service_rule_edition_fkey foreign key (edition) references
      catalogue_edition(edition),
  constraint service_rule_service_never_gated_fkey foreign key (service, never_gated) references
      service(code, never_gated)
);
create trigger append_only before delete or update or truncate on service_rule for each
    statement execute function append_only();
grant select, insert on service_rule to enforcement_application;
comment on table service_rule is 'One row per version of a service''s rule, the highest in effect. Append-only, for ever.';
comment on column service_rule.never_gated is 'Always false: with the foreign key it keeps rules off services that are never gated.';
comment on column service_rule.subjects is 'P persons, O organisations, R related persons of an organisation.';

create table signing_key (
  number bigint not null generated always as identity,
  kid text not null,
  public_key bytea not null,
  owner text not null,
  at timestamptz not null default clock_timestamp(),
  entry uuid not null,
  constraint signing_key_pkey primary key (number),
  constraint signing_key_kid_key unique (kid),
  constraint signing_key_public_key_key unique (public_key),
  constraint signing_key_kid_check check (kid ~ '^[0-9a-f]{16}$'),
  constraint signing_key_public_key_check check (octet_length(public_key) = 32),
  constraint signing_key_entry_fkey foreign key (entry) references ledger_leaf(entry_id)
);
create index signing_key_owner on signing_key using btree (owner, number);
create trigger append_only before delete or update or truncate on signing_key for each statement
    execute function append_only();
grant select, insert on signing_key to enforcement_application;
comment on table signing_key is 'Public keys with which departments and courts sign leaves, the last of an owner in use. For ever.';

create table subject (
  id uuid not null,
  kind text not null,
  name_sealed bytea not null,
  canonical_sealed bytea not null,
  created_at timestamptz not null default now(),
  erased_at timestamptz,
  name_index_key text,
  constraint subject_pkey primary key (id),
  constraint subject_kind_check check (kind in ('person', 'organisation'))
);
create index subject_without_name_index on subject using btree (id) where (name_index_key is
    null or name_index_key = 'unreadable') and erased_at is null;
grant select, insert, update on subject to enforcement_application;
comment on table subject is 'One record of a party as it was listed or linked. Until erased: the row stays, the sealed values go.';
comment on column subject.canonical_sealed is 'Name and numbers in canonical JSON: what a leaf''s commitment to the person is made of.';
comment on column subject.name_index_key is 'Index key of its rows in name_index; null: to be indexed; unreadable: could not be.';

create table token_index (
  department text not null,
  epoch text not null,
  since timestamptz not null default clock_timestamp(),
  cursor uuid,
  ready_at timestamptz,
  constraint token_index_pkey primary key (department, epoch),
  constraint token_index_epoch_check check (epoch ~ '^\d{4}Q[1-4]$'),
  constraint token_index_department_fkey foreign key (department) references department(code)
);
grant select, insert, update, delete on token_index to enforcement_application;
comment on table token_index is 'Departments that compare by tokens, quarter by quarter. Until the quarter is over.';
comment on column token_index.epoch is 'A quarter, as 2026Q1.';
comment on column token_index.ready_at is 'When every number had its token: the key is given out only then.';

create table token_key_issue (
  id uuid not null,
  department text not null,
  epochs text[] not null,
  recipient bytea not null,
  at timestamptz not null,
  by text not null,
  constraint token_key_issue_pkey primary key (id),
  constraint token_key_issue_recipient_check check (octet_length(recipient) = 32),
  constraint token_key_issue_department_fkey foreign key (department) references
      department(code),
  constraint token_key_issue_id_fkey foreign key (id) references ledger_leaf(entry_id)
);
create index token_key_issue_department on token_key_issue using btree (department, at);
create trigger append_only before delete or update or truncate on token_key_issue for each
    statement execute function append_only();
grant select, insert on token_key_issue to enforcement_application;
comment on table token_key_issue is 'Token keys given to departments; the keys are derived, never stored. Append-only, for ever.';
comment on column token_key_issue.recipient is 'SHA-256 of the X25519 public key they were wrapped for.';

create sequence notice_ordering;
grant usage on sequence notice_ordering to enforcement_application;

create function active_key(of_owner uuid) returns bytea language sql stable parallel safe;
comment on function active_key(uuid) is 'The data key under which an owner''s values are sealed now, as with_key() gives it; null: none.';

create function append_only() returns trigger language plpgsql;
comment on function append_only() is 'Forbids what its trigger fires on, also to the owner.';

create function comparison_seal_never_changes() returns trigger language plpgsql;
comment on function comparison_seal_never_changes() is 'Only the salt may go.';

create function data_key_stays() returns trigger language plpgsql;
comment on function data_key_stays() is 'What is destroyed stays destroyed; a key never becomes another''s.';

create function fact_never_changes() returns trigger language plpgsql;
comment on function fact_never_changes() is 'Only the salt may go (PIPL art. 47).';

create function identity_access_is_kept() returns trigger language plpgsql;
comment on function identity_access_is_kept() is 'Three years at least (PIPL art. 56).';

create function identity_fact_never_changes() returns trigger language plpgsql;
comment on function identity_fact_never_changes() is 'Only the salts may go, each for itself.';

create function identity_link_never_changes() returns trigger language plpgsql;
comment on function identity_link_never_changes() is 'Ended once; the reference may be sealed and indexed anew.';

create function identity_reach(subjects uuid[]) returns table(asked uuid, subject uuid, links
    uuid[], related boolean) language sql stable;
comment on function identity_reach(uuid[]) is 'Whom the courts'' links tie to these subjects today, with the links on the way; related: represented by them.';

create function ledger_pending_once() returns trigger language plpgsql security definer set
    search_path=public, pg_temp;
comment on function ledger_pending_once() is 'A leaf whose business key was replayed is superseded; on only after a restore.';

create function ledger_supersede(superseded uuid) returns boolean language plpgsql security
    definer set search_path=public, pg_temp;
revoke execute on function ledger_supersede(uuid) from public;
comment on function ledger_supersede(uuid) is 'Writes the leaf that says for which replayed leaf this one stands; false: for none.';

create function repayment_never_changes() returns trigger language plpgsql;
comment on function repayment_never_changes() is 'Reversed once; the payer may be sealed anew.';

create function restriction_stays_ended() returns trigger language plpgsql;
comment on function restriction_stays_ended() is 'What has ended never comes into force again; what is in force began once.';

create function shanghai_today() returns date language sql stable parallel safe;
comment on function shanghai_today() is 'The day in Asia/Shanghai, by which a number or a link is valid.';

create function with_key(value bytea) returns bytea language sql stable parallel safe;
comment on function with_key(bytea) is 'A sealed value together with the wrapped key that opens it; 04 alone: the key was destroyed.';
