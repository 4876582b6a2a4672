set local lock_timeout = '3s';

-- The index key under which the subject's names stand; null: not indexed yet, or to be indexed anew. The worker fills it in; `unreadable` where it could
-- not.
alter table subject add column name_index_key text;
