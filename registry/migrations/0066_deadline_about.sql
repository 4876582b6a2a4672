-- What a deadline is about, once per level (a stop, a notice, a question to the judge): until now to be had only by taking its key apart. Virtual, so
-- that no row is written anew and the version before, which gives the key alone, fills it all the same: the table is locked for a change of the
-- catalogue, however large it is. Takes PostgreSQL 18.

set local lock_timeout = '3s';

alter table deadline add column about text generated always as (split_part(key, ':', 2)) virtual;
