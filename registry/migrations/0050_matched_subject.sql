-- Undoing a link has to find the stops that came by it.
create index interception_links on interception using gin (links) where links <> '{}';
