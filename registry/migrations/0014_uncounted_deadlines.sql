-- A deadline that reaches into a year whose holidays are not loaded runs from here; `due_at` is then when to count again, not when it is due.
alter table deadline add column counts_from timestamptz;
