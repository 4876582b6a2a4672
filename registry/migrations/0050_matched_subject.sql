-- Undoing a link has to find the stops that came by it.
create index interception_links on interception using gin (links) where links <> '{}';

-- Whose record the party was met by: the defaulter's own, one linked to it, or a representative's. Null: a stop from before this was kept.
alter table interception add column matched_subject uuid references subject (id);
