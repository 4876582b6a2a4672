-- What each table is, until when its rows live, and what about a column surprises: for whoever reads docs/schema.sql or the database itself.

-- A comment's lock lets everybody read and write; only a vacuum or another migration has to be waited for.
set local lock_timeout = '3s';

-- Reference data.
comment on table court is 'Courts, each with the one above. From the catalogue, for ever.';
comment on table judge is 'Judges and their court. From the catalogue, for ever.';
comment on table department is 'Departments, with their part of the log of notices. For ever: one that leaves keeps its row.';
comment on column department.joined_position is 'Its notices are those with joined_position <= position < left_position.';
comment on column department.left_position is 'Null: it has not left.';
comment on table departure is 'How a department was retired or merged, and what it had not acknowledged. Append-only, for ever.';
comment on column departure.acknowledged is 'Position up to which it had acknowledged when it left.';
comment on table catalogue_edition is 'Editions of the catalogue that were loaded. For ever.';
comment on table service is 'Services of the catalogue. For ever.';
comment on column service.never_gated is 'Nobody may be stopped there, whatever is decided: it belongs to no department and gets no rule.';
comment on table service_rule is 'One row per version of a service''s rule, the highest in effect. Append-only, for ever.';
comment on column service_rule.never_gated is 'Always false: with the foreign key it keeps rules off services that are never gated.';
comment on column service_rule.subjects is 'P persons, O organisations, R related persons of an organisation.';
comment on table school is 'One row per version of a school that charges above the normal standard, the highest in effect. For ever.';
comment on column school.enrols_from is 'First day, included, on which enrolment may be stopped; null: nobody is stopped there.';
comment on table deadline_rule is 'Within what time things have to happen, level by level of escalation. From the catalogue, for ever.';
comment on column deadline_rule.within is 'A duration (ISO 8601) or a number of working days, as domain/deadline.ts reads it.';

-- Parties.
comment on table subject is 'One record of a party as it was listed or linked. Until erased: the row stays, the sealed values go.';
comment on column subject.canonical_sealed is 'Name and numbers in canonical JSON: what a leaf''s commitment to the person is made of.';
comment on column subject.name_index_key is 'Index key of its rows in name_index; null: to be indexed; unreadable: could not be.';
comment on table identifier is 'Numbers of subjects, found by a keyed hash. Until the subject is erased.';
comment on column identifier.alias is 'Derived from another number of the party, as the organisation code inside a credit code.';
comment on column identifier.index_key is 'Key of `blind`: an index key of the ring, or department/quarter for a token.';
comment on column identifier.blind is 'HMAC-SHA-256 over type, country and number, cut to 16 bytes.';
comment on column identifier.link is 'The link that gave the number; null: it stood in a listing.';
comment on table name_index is 'By what candidates are found: name, birth date and sex together. Read by no comparison; until erased.';
comment on table identity_fact is 'Facts about who is who, chained per subject. Append-only, for ever; the salts until erased.';
comment on column identity_fact.seq is 'Gap-free per subject.';
comment on table identity_link is 'Who is the same as whom, by a court''s word. Append-only, for ever; ended once, by a counter-fact.';
comment on column identity_link.evidence is 'SHA-256 of the document, which stays with the court.';
comment on table identity_decision is 'What a court said about a doubtful match. For ever; the reason until the party is erased.';
comment on table identity_exception is '"Not this person": suppresses one pair of number and name. Name forgotten 30 days after its end.';
comment on column identity_exception.weak is 'Asked in 15 digits: holds for that form alone.';
comment on table identity_exception_number is 'The numbers of an exception. Deleted 30 days after its end.';
comment on table identity_access is 'Who looked at an unmasked party, and why. Five years; the database refuses to delete before three.';
comment on table identity_search is 'Who searched for candidates, and whom it brought up, never whom it sought. As identity_access.';

-- Cases.
comment on table enforcement_case is 'Cases. For ever; the sealed texts until erased, 30 years after the close.';
comment on column enforcement_case.obligation_fen is 'What is owed, in fen (1/100 yuan), as it now stands.';
comment on column enforcement_case.last_seq is 'Of its facts; whoever writes one holds this row''s lock.';
comment on column enforcement_case.former_case is 'Case number under which the same debt was enforced before (执恢).';
comment on table defaulter is 'One party of a case against whom measures were decided: one enforcement workflow. For ever.';
comment on column defaulter.ground is '1 to 6: the grounds of the listing rules, art. 1. Ground 1 has no term.';
comment on column defaulter.liable_for_fen is 'Its share of the debt, in fen; null: all of it.';
comment on column defaulter.stay_told is 'Whether departments were notified of the present stay.';
comment on column defaulter.last_life_seq is 'Of its outbox rows; counted under the lock of the case.';
comment on table representative is 'Related persons of an organisation whom CONSUMPTION reaches on its services. For ever.';
comment on table restriction is 'Measures decided against a defaulter: come into force once, end once. Never deleted.';
comment on column restriction.asset_blind is 'Keyed hash of the asset of a seizure, 16 bytes.';
comment on column restriction.term_from is 'A corrected listing keeps the day from which its term counts.';
comment on column restriction.until is 'End of the term, known from the publish on; null: no term.';
comment on column restriction.end_told_at is 'When departments were notified of the end; null: nothing to notify, or not yet.';
comment on table repayment is 'What was paid, each reference once. Append-only, for ever; reversed at most once.';
comment on column repayment.amount_fen is 'In fen.';
comment on column repayment.outstanding_fen is 'In fen, as the first answer said: a repeat of the reference is answered alike.';
comment on column repayment.surplus_fen is 'In fen, as outstanding_fen.';
comment on table decision is 'What judges decided. For ever; the sealed text until the case is erased.';
comment on table exemption is 'Services let through for a time by a decision. For ever.';
comment on column exemption.told_at is 'When departments were notified; null: not yet.';
comment on table service_confirmation is 'Services at which a court confirmed that a measure applies. For ever.';
comment on column service_confirmation.told_at is 'When departments were notified: it has no effect before.';
comment on table court_application is 'Business for which the court itself applies at a counter. Append-only, for ever.';

-- What departments ask and do.
comment on table comparison is 'Who was asked about, and what was answered. Clear ones 30 days, then only that they were made.';
comment on column comparison.operator_sealed is 'The clerk at the counter.';
comment on column comparison.party_sealed is 'Of a hit: the party as it was asked.';
comment on column comparison.blinds is 'Keyed hashes of the numbers asked, as identifier.blind.';
comment on column comparison.reasons is 'Of a clear one: why, which the department does not learn.';
comment on table interception is 'A stopped, held or noted business, one row per defaulter that it met. For ever.';
comment on column interception.stops is 'How often: once more each time after it was freed.';
comment on column interception.links is 'The links it was met by, in order; empty: by the defaulter''s own record.';
comment on column interception.own_stop_at is 'When the department says that it stopped the business itself.';
comment on table directive is 'A judge''s answer to an interception, the last one counts. For ever.';
comment on column directive.type is 'SEAL: seize the asset (查封).';
comment on table feedback is 'What a department did about an interception. For ever.';
comment on column feedback.acted_at is 'When it acted, by its own word; `at` is when it said so.';
comment on table inbox_item is 'What judges have to see, each key once. For ever.';
comment on table judge_mail is 'Which inbox items were mailed to which judge, and the lease of who is sending. For ever.';
comment on table deadline is 'Clocks that run for a defaulter''s process. Settled, then kept for ever.';
comment on column deadline.within is 'The rule''s time when it began: a change of the rules moves nothing that runs.';
comment on column deadline.due_at is 'With counts_from: when to count again, for the holidays of that year are not known yet.';

-- The record.
comment on table fact is 'The timeline of each case. Append-only, for ever; the salt until erased.';
comment on column fact.seq is 'Gap-free per case.';
comment on column fact.detail is 'By type, as domain/facts.ts says.';
comment on column fact.salt is 'Opens the leaf''s commitment to the person.';
comment on table ledger_leaf is 'Leaves: canonical JSON, one per fact. Append-only, for ever.';
comment on column ledger_leaf.leaf_hash is 'SHA-256(00 ‖ leaf), RFC 6962.';
comment on table ledger_pending is 'A queue: leaves that have no index in the log yet. Emptied by the sequencer.';
comment on table ledger_entry is 'The log: leaves by index. Written by the sequencer alone, append-only, for ever.';
comment on column ledger_entry.seq is 'Index in the log, from 0, without gaps.';
comment on table ledger_hash is 'Hashes of full tiles (C2SP tlog-tiles). Append-only, for ever.';
comment on column ledger_hash.level is 'Row idx of level l is the hash of full tile idx of level l - 1.';
comment on table ledger_checkpoint is 'Signed checkpoints, one root per size. Append-only, for ever.';
comment on table ledger_cosignature is 'Lines of witnesses under checkpoints. Append-only, for ever.';
comment on table ledger_witnessed is 'Checkpoints with enough lines of witnesses. Append-only, for ever.';
comment on table ledger_standing is 'Status of the log: the last row says whether somebody holds more than this database. For ever.';
comment on table ledger_superseded is 'Leaves written again after a restore, and the replayed ones for which they stand. For ever.';
comment on table ledger_replayed is 'Leaves put back from a mirror after a restore, by business key. For ever.';
comment on table seal is 'Comparison batches: clear comparisons of a department under one leaf. Append-only, for ever.';
comment on table comparison_seal is 'Each comparison''s commitment in its batch. For ever; the salt goes with the comparison.';
comment on column comparison_seal.comparison is 'No foreign key: the commitment outlives the comparison.';
comment on table signing_key is 'Public keys with which departments and courts sign leaves, the last of an owner in use. For ever.';
comment on table leaf_signature is 'Leaves that say: that leaf is signed with this key. Append-only, for ever.';
comment on table outbox is 'Facts for each defaulter''s workflow, numbered. For ever: redrive sends them again.';
comment on column outbox.sent_at is 'Null: Temporal does not have it yet.';

-- Notices.
comment on table notice is 'The log of what departments are notified of. For ever.';
comment on column notice.ordering is 'Drawn under the lock of the case; positions are given in this order after commit.';
comment on column notice.position is 'In the log; null: not assigned yet.';
comment on column notice.action is 'Kind and number within the enforcement.';
comment on column notice.department is 'The one addressee; null: all whom its measures or services concern.';
comment on column notice.services is 'Services it is limited to; null: all that its measures gate.';
comment on column notice.settled_at is 'When all whom it concerns had acknowledged.';
comment on table delivery is 'What each department was given when: the first row that covers a position. For ever.';
comment on table acknowledgement is 'What each department has acknowledged, cumulatively. Append-only, for ever.';
comment on table endpoint is 'A department''s webhook and how its channel stands. As long as it has one.';
comment on column endpoint.position is 'Of the channel in the log: all up to it was answered 2xx or not for this department.';
comment on column endpoint.told_change is 'The last `change` that the channel''s workflow has received.';
comment on table notice_batch is 'The batch a channel is sending, body and all. Until taken or out of date.';

-- Access and keys.
comment on table credential is 'Who may ask: hashes of tokens. For ever; revoked or expired ones let nobody in.';
comment on table console_session is 'Signed-in browsers, by the hash of the cookie. Until they sign out or expire.';
comment on table idempotency is 'Stored answers, ids and codes only. 30 days.';
comment on table data_key is 'Wrapped keys of subjects and cases. The row for ever, the key until destroyed.';
comment on column data_key.wrapped is 'IV, 32 bytes, tag, under the key `kek` of the ring, which is in no database; null: destroyed.';
comment on column data_key.owner is 'A subject or a case, by `kind`.';
comment on table key_in_use is 'Ids of keys that the ring must have: a start without one fails. For ever.';
comment on table key_rotation is 'How far each rotation has come: it goes on where it stopped. For ever.';
comment on table token_index is 'Departments that compare by tokens, quarter by quarter. Until the quarter is over.';
comment on column token_index.epoch is 'A quarter, as 2026Q1.';
comment on column token_index.ready_at is 'When every number had its token: the key is given out only then.';
comment on table token_key_issue is 'Token keys given to departments; the keys are derived, never stored. Append-only, for ever.';
comment on column token_key_issue.recipient is 'SHA-256 of the X25519 public key they were wrapped for.';

-- Keeping.
comment on table retention_rule is 'How long what is kept. From the catalogue, for ever.';
comment on table retention_run is 'What was deleted at its time: kind, count, digest. Append-only, for ever.';
comment on column retention_run.digest is 'SHA-256 of the deleted ids, sorted, one a line.';
comment on table retention_cursor is 'Up to which comparison clear ones are forgotten: their ids are in order of time. For ever.';
comment on table migration is 'Migrations that were done, by node-pg-migrate. For ever.';

comment on function append_only() is 'Forbids what its trigger fires on, also to the owner.';
comment on function active_key(uuid) is 'The data key under which an owner''s values are sealed now, as with_key() gives it; null: none.';
comment on function with_key(bytea) is 'A sealed value together with the wrapped key that opens it; 04 alone: the key was destroyed.';
comment on function comparison_seal_never_changes() is 'Only the salt may go.';
comment on function data_key_stays() is 'What is destroyed stays destroyed; a key never becomes another''s.';
comment on function fact_never_changes() is 'Only the salt may go (PIPL art. 47).';
comment on function identity_access_is_kept() is 'Three years at least (PIPL art. 56).';
comment on function identity_fact_never_changes() is 'Only the salts may go, each for itself.';
comment on function identity_link_never_changes() is 'Ended once; the reference may be sealed and indexed anew.';
comment on function identity_reach(uuid[]) is 'Whom the courts'' links tie to these subjects today, with the links on the way; related: represented by them.';
comment on function ledger_pending_once() is 'A leaf whose business key was replayed is superseded; on only after a restore.';
comment on function ledger_supersede(uuid) is 'Writes the leaf that says for which replayed leaf this one stands; false: for none.';
comment on function repayment_never_changes() is 'Reversed once; the payer may be sealed anew.';
comment on function restriction_stays_ended() is 'What has ended never comes into force again; what is in force began once.';
comment on function shanghai_today() is 'The day in Asia/Shanghai, by which a number or a link is valid.';
