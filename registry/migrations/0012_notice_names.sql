-- What a notice names is written once, with it, and never changes: it stands in the notice itself. Half the bytes of two tables of pairs, and
-- one row to write where there were five.
alter table notice add column restrictions uuid[] not null default '{}', add column interceptions uuid[] not null default '{}';
update notice n set
  restrictions = coalesce((select array_agg(restriction order by restriction) from notice_restriction where notice = n.id), '{}'),
  interceptions = coalesce((select array_agg(interception order by interception) from notice_interception where notice = n.id), '{}');
alter table notice alter column restrictions drop default, alter column interceptions drop default;
drop table notice_restriction, notice_interception;
