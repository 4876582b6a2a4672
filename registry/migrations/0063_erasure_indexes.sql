-- no transaction
-- Built while everybody reads and writes; where it was interrupted, built anew. Who is in the midst of something is waited for, not for ever.

set lock_timeout = '60s';

drop index concurrently if exists subject_without_name_index;
create index concurrently subject_without_name_index on subject (id)
  where (name_index_key is null or name_index_key = 'unreadable') and erased_at is null;

drop index concurrently if exists identity_link_revoked;
create index concurrently identity_link_revoked on identity_link (revoked_at) where revoked_at is not null and other is not null;
drop index concurrently if exists identity_link_any_subject;
create index concurrently identity_link_any_subject on identity_link (subject);
drop index concurrently if exists identity_link_any_other;
create index concurrently identity_link_any_other on identity_link (other) where other is not null;

-- A stop that came by a link keeps its asked party under the key of the record that was met.
drop index concurrently if exists interception_by_link;
create index concurrently interception_by_link on interception (matched_subject) where links <> '{}';

-- Whose keys were destroyed gets no other.
drop index concurrently if exists data_key_destroyed;
create index concurrently data_key_destroyed on data_key (owner) where destroyed_at is not null;

reset lock_timeout;
