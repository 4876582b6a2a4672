import { uuidv7 } from 'uuidv7';
import { addMonths, firstMomentAfter, shanghaiDate } from '../../domain/calendar.js';
import { type IdentifierType, indexKeys, type PartyKind, readRecorded } from '../../domain/identity/identifier.js';
import { Refusal } from '../../domain/refusal.js';
import type { Queryable, Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import { dataKeyOf } from '../keys/data-keys.js';
import { blindIndexes, encrypt, type KeyRing } from '../keys/key-ring.js';
import { type LockedSubject, lockSubjects, recordIdentityFact } from './identity-facts.js';

// "Not this person": a court has said that a number under a name is somebody else than a subject. It suppresses repeats for that pair only.

/** "Not this person" is remembered for a year at most: names change, and so do the people at a counter. */
const EXCEPTION_MONTHS_AT_MOST = 12;

/** The party as a department asked for it. */
export interface AskedParty {
  kind: PartyKind;
  name: string;
  identifiers: { type: IdentifierType; number: string; country: string; flags: string[] }[];
}

/** Forgets a "not this person" before its time, by a counter-fact. Throws Refusal: `not-found`; `state-conflict` already-revoked. */
export async function revokeException(
  tx: Transaction,
  ring: KeyRing,
  exception: string,
  court: string,
  actor: Actor,
): Promise<{ id: string }> {
  const { rows } = await tx.query<{ subject: string; fact: string }>(
    `select e.subject, d.fact
     from identity_exception e
     join identity_decision d on d.id = e.decision
     where e.id = $1`,
    [exception],
  );
  const row = rows[0];
  const subject = row && (await lockSubjects(tx, ring, [row.subject])).get(row.subject);
  if (!row || !subject) throw Refusal.notFound('exception');
  const open = await tx.query(
    `select 1
     from identity_exception
     where id = $1 and revoked_at is null`,
    [exception],
  );
  if (open.rowCount === 0) {
    throw Refusal.conflict('此项例外已被撤销。 / This exception is revoked already.', 'already-revoked');
  }
  const fact = await recordIdentityFact(tx, subject, {
    type: 'exception.revoked',
    key: `exception.revoked:${exception}`,
    court,
    actor,
    detail: { exception },
    undoes: row.fact,
  });
  await tx.query('update identity_exception set revoked_at = $2, revoked = $3 where id = $1', [
    exception,
    new Date(subject.now),
    fact.id,
  ]);
  return { id: exception };
}

/** Whose an exception is. */
export async function exceptionScope(q: Queryable, id: string): Promise<{ court: string } | undefined> {
  const { rows } = await q.query<{ court: string }>(
    `select court
     from identity_exception
     where id = $1`,
    [id],
  );
  return rows[0];
}

/** When an exception made now (epoch ms) is forgotten. Throws Refusal `invalid` exception-too-long. */
export function expiryOf({ expiresAt }: { expiresAt?: string }, now: number): Date {
  const last = addMonths(shanghaiDate(now), EXCEPTION_MONTHS_AT_MOST);
  const latest = Date.parse(firstMomentAfter(last));
  const expires = expiresAt === undefined ? latest : Date.parse(expiresAt);
  if (expires <= now || expires > latest) {
    throw Refusal.invalid(
      '例外最长一年，且须晚于现在。 / An exception ends after now, within a year.',
      '/expiresAt',
      'exception-too-long',
    );
  }
  return new Date(expires);
}

/** Remembers that this number under this name is not this subject; `weak`: in its 15-digit form alone. Returns its id. */
export async function writeException(
  tx: Transaction,
  ring: KeyRing,
  subject: LockedSubject,
  made: { decision: string; asked: AskedParty; weak: boolean; court: string; expiresAt: Date },
): Promise<string> {
  const id = uuidv7();
  const dataKey = await dataKeyOf(tx, ring, 'subject', subject.id);
  await tx.query(
    `insert into identity_exception (
       id, subject, decision, name_sealed, weak, court, made_at, expires_at
     )
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      subject.id,
      made.decision,
      encrypt(ring, { table: 'identity_exception', column: 'name_sealed', row: id }, made.asked.name, dataKey),
      made.weak,
      made.court,
      new Date(subject.now),
      made.expiresAt,
    ],
  );
  for (const raw of made.asked.identifiers) {
    const parsed = readRecorded(raw);
    if (!parsed.ok) continue;
    for (const form of indexKeys(parsed.identifier)) {
      const [index] = blindIndexes(ring, form.type, form.country, form.number);
      if (!index) continue;
      const row = uuidv7();
      await tx.query(
        `insert into identity_exception_number (
           id, exception, type, country, number_sealed, index_key, blind
         )
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (exception, index_key, blind) do nothing`,
        [
          row,
          id,
          form.type,
          form.country,
          encrypt(ring, { table: 'identity_exception_number', column: 'number_sealed', row }, form.number, dataKey),
          index.indexKey,
          index.blind,
        ],
      );
    }
  }
  return id;
}
