-- Departments that compare by tokens: a token is one more blind value of a number, under the index key `department/epoch`. From the moment a row
-- stands here, whoever writes a number writes its token too; the worker fills in the older ones, and only then is the key given out.
create table token_index (
  department text not null references department (code),
  epoch      text not null check (epoch ~ '^\d{4}Q[1-4]$'),
  since      timestamptz not null default clock_timestamp(),
  cursor     uuid,
  ready_at   timestamptz,
  primary key (department, epoch)
);
grant select, insert, update, delete on token_index to enforcement_application;
