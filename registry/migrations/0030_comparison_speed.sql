-- Answers are only ever forgotten by age, oldest first: ranges of blocks find them as well as a tree, and cost an insert nothing.
drop index idempotency_created;
create index idempotency_created on idempotency using brin (created_at) with (autosummarize = on);
