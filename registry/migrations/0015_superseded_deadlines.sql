-- A question to the judge that another one has replaced, or that has fallen away, was neither met nor missed.
alter table deadline drop constraint deadline_outcome_check;
alter table deadline add constraint deadline_outcome_check check (outcome in ('met', 'escalated', 'superseded'));
