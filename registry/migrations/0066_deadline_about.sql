-- What a deadline is about, once per level (a stop, a notice, a question to the judge): until now to be had only by taking its key apart. Generated, so
-- that the version before, which gives the key alone, fills it all the same. Virtual from PostgreSQL 18 on: no row is written anew, and the table is
-- locked for a change of the catalogue, however large it is. Before 18 it is stored, and the table is written anew under that lock.

set local lock_timeout = '3s';

do $$ begin
  execute format($ddl$alter table deadline add column about text generated always as (split_part(key, ':', 2)) %s$ddl$,
    case when current_setting('server_version_num')::int >= 180000 then 'virtual' else 'stored' end);
end $$;
