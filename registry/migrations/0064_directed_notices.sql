-- no transaction
-- What only one department has to acknowledge is looked for by itself: what is open of everybody grows with every department that is away.
-- Built while everybody reads and writes; where it was interrupted, built anew.

set lock_timeout = '60s';

drop index concurrently if exists notice_directed;
create index concurrently notice_directed on notice (position) where department is not null and settled_at is null;

reset lock_timeout;
