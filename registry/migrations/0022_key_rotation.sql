-- How far a rotation has come: it goes on where it stopped. `key` is the key it goes to.
create table key_rotation (
  task        text not null,
  key         text not null,
  cursor      uuid,
  done        bigint not null default 0,
  finished_at timestamptz,
  primary key (task, key)
);

-- What was paid never changes; a repayment can only be reversed, once. Sealing its texts anew under another key says nothing new.
create or replace function repayment_never_changes() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - 'reversed_at' - 'reversal_reason_sealed' - 'payer_sealed')
      is distinct from (to_jsonb(old) - 'reversed_at' - 'reversal_reason_sealed' - 'payer_sealed')
      or (new.payer_sealed is null) <> (old.payer_sealed is null)
      or (old.reversed_at is not null and (new.reversed_at is distinct from old.reversed_at or new.reversal_reason_sealed is null)) then
    raise exception 'repayment is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
