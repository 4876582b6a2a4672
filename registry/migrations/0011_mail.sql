-- Which items of the inbox were mailed to which judge: a courtesy beside the inbox, so neither facts nor the life know of it.
create table judge_mail (
  inbox_item   uuid not null references inbox_item (id),
  -- Who had the case then: another judge who takes it over gets a mail too.
  judge        text not null references judge (id),
  failures     integer not null default 0,
  -- Not again before; also the lease of the worker that is sending it.
  retry_at     timestamptz not null default now(),
  last_failure text,
  sent_at      timestamptz,
  primary key (inbox_item, judge)
);
create index judge_mail_due on judge_mail (retry_at) where sent_at is null;
create index inbox_item_unread on inbox_item (at) where read_at is null;
grant select, insert, update on judge_mail to enforcement_application;
