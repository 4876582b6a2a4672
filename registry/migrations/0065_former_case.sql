-- no transaction
-- A repayment asks for the cases of the same debt: by the number they had before, or they go through all cases of their court.
-- Built while everybody reads and writes; where it was interrupted, built anew.

set lock_timeout = '60s';

drop index concurrently if exists enforcement_case_former;
create index concurrently enforcement_case_former on enforcement_case (former_case) where former_case is not null;

reset lock_timeout;
