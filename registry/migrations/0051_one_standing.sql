-- Several witnesses may be found ahead in the same moment, by several processes: one of them is the next standing. The key is taken by hand, so that the
-- second finds it taken.
alter table ledger_standing alter column number drop identity;
