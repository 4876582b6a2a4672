import type { DataKeyKind } from './data-keys.js';

/** A column of encrypted values, whose they are, and by what their row is known (`AadContext.row`). */
export interface SealedColumn {
  table: string;
  column: string;
  /** The primary key, which is also the row's name in what a value is bound to. */
  row: 'id' | 'department';
  /** Absent: encrypted by the ring itself, for it belongs to no subject and no case. */
  sealedFor?: { kind: DataKeyKind; owner: string };
}

const ofSubject = (owner: string): NonNullable<SealedColumn['sealedFor']> => ({ kind: 'subject', owner });
const ofCase = (owner: string): NonNullable<SealedColumn['sealedFor']> => ({ kind: 'case', owner });
const BY_INTERCEPTION = '(select i.enforcement_case from interception i where i.id = t.interception)';

/** Every column of the database that holds encrypted values; a test holds it against the schema. SQL names the row `t`. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'subject', column: 'name_sealed', row: 'id', sealedFor: ofSubject('t.id') },
  { table: 'subject', column: 'canonical_sealed', row: 'id', sealedFor: ofSubject('t.id') },
  { table: 'identifier', column: 'number_sealed', row: 'id', sealedFor: ofSubject('t.subject') },
  { table: 'identity_link', column: 'reference_sealed', row: 'id', sealedFor: ofSubject('t.subject') },
  { table: 'identity_decision', column: 'reason_sealed', row: 'id', sealedFor: ofSubject('t.subject') },
  { table: 'identity_exception', column: 'name_sealed', row: 'id', sealedFor: ofSubject('t.subject') },
  {
    table: 'identity_exception_number',
    column: 'number_sealed',
    row: 'id',
    sealedFor: ofSubject('(select e.subject from identity_exception e where e.id = t.exception)'),
  },
  {
    table: 'comparison',
    column: 'party_sealed',
    row: 'id',
    // Whose key it is under, or, in none, the first it hit.
    sealedFor: ofSubject(`coalesce(
      (
        select k.owner
        from data_key k
        where get_byte(t.party_sealed, 0) = 2
          and k.id = encode(substring(t.party_sealed from 2 for 16), 'hex')::uuid
      ),
      (
        select d.subject
        from interception i
        join defaulter d on d.id = i.defaulter
        where i.latest_comparison = t.id
        order by i.id
        limit 1
      )
    )`),
  },
  { table: 'enforcement_case', column: 'content_sealed', row: 'id', sealedFor: ofCase('t.id') },
  { table: 'defaulter', column: 'conduct_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'restriction', column: 'asset_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'repayment', column: 'payer_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'repayment', column: 'reversal_reason_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'decision', column: 'body_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'interception', column: 'object_sealed', row: 'id', sealedFor: ofCase('t.enforcement_case') },
  { table: 'directive', column: 'asset_sealed', row: 'id', sealedFor: ofCase(BY_INTERCEPTION) },
  { table: 'directive', column: 'note_sealed', row: 'id', sealedFor: ofCase(BY_INTERCEPTION) },
  { table: 'feedback', column: 'note_sealed', row: 'id', sealedFor: ofCase(BY_INTERCEPTION) },
  { table: 'comparison', column: 'operator_sealed', row: 'id' },
  { table: 'endpoint', column: 'secret_sealed', row: 'department' },
  { table: 'endpoint', column: 'previous_secret_sealed', row: 'department' },
  { table: 'endpoint', column: 'signing_key_sealed', row: 'department' },
  { table: 'endpoint', column: 'previous_signing_key_sealed', row: 'department' },
];
