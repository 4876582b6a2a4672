import { fileURLToPath } from 'node:url';
import catalogue from '../data/catalogue.json' with { type: 'json' };
import courtData from '../data/courts.json' with { type: 'json' };
import deadlineData from '../data/deadlines.json' with { type: 'json' };
import retentionData from '../data/retention.json' with { type: 'json' };
import schoolData from '../data/schools.json' with { type: 'json' };
import { createPool, inTransaction, type Transaction } from '../database/pool.js';
import { JUDGES_PER_COURT } from './catalogue.js';

/** The id of a court's judge: the court's code and a number, never a name. */
export const judgeId = (court: string, number: number): string => `${court}-J${number}`;

/**
 * Loads courts, judges, departments, the catalogue and the register of schools; what is there already stays as it is, so that an administrator's
 * changes (later versions of a rule) survive.
 */
export async function loadReferenceData(adminUrl: string): Promise<void> {
  const pool = createPool({ connectionString: adminUrl, applicationName: 'load', max: 1 });
  try {
    await inTransaction(pool, async (tx) => {
      await loadCourts(tx);
      await loadCatalogue(tx);
      await loadDeadlines(tx);
      await loadRetention(tx);
      await loadSchools(tx);
    });
  } finally {
    await pool.end();
  }
}

async function loadCourts(tx: Transaction): Promise<void> {
  for (const court of courtData.courts) {
    await tx.query(
      `insert into court (code, name_zh, name_en, parent, contact)
       values ($1, $2, $3, $4, $5)
       on conflict (code) do nothing`,
      [court.code, court.zh, court.en, court.parent ?? null, court.contact],
    );
    for (let number = 1; number <= JUDGES_PER_COURT; number++) {
      await tx.query('insert into judge (id, court) values ($1, $2) on conflict (id) do nothing', [
        judgeId(court.code, number),
        court.code,
      ]);
    }
  }
}

async function loadDeadlines(tx: Transaction): Promise<void> {
  const { read, answer, acknowledge, decide } = deadlineData;
  for (const [kind, levels] of Object.entries({ read, answer, acknowledge, decide })) {
    for (const [level, within] of levels.entries()) {
      await tx.query(
        `insert into deadline_rule (kind, level, within)
         values ($1, $2, $3)
         on conflict (kind, level) do nothing`,
        [kind, level, within],
      );
    }
  }
}

async function loadRetention(tx: Transaction): Promise<void> {
  const { note: _note, ...rules } = retentionData;
  for (const [kind, keep] of Object.entries(rules)) {
    await tx.query(
      `insert into retention_rule (kind, keep)
       values ($1, $2)
       on conflict (kind) do nothing`,
      [kind, keep],
    );
  }
}

/** Without enrolment days: until an administrator enters them, nobody is stopped at a school. */
async function loadSchools(tx: Transaction): Promise<void> {
  for (const { code, zh, en } of schoolData.schools) {
    await tx.query(
      `insert into school (code, version, name_zh, name_en, listed, recorded_by)
       values ($1, 1, $2, $3, true, 'register')
       on conflict (code, version) do nothing`,
      [code, zh, en],
    );
  }
}

async function loadCatalogue(tx: Transaction): Promise<void> {
  await tx.query(
    `insert into catalogue_edition (edition, as_of)
     values ($1, $2)
     on conflict (edition) do nothing`,
    [catalogue.edition, catalogue.asOf],
  );
  for (const { code, zh, en } of catalogue.neverGate) {
    await tx.query(
      `insert into service (code, name_zh, name_en, never_gated)
       values ($1, $2, $3, true)
       on conflict (code) do nothing`,
      [code, zh, en],
    );
  }
  const { rows } = await tx.query<{ head: string }>(
    `select coalesce(max(position), 0) as head
     from notice`,
  );
  const head = Number(rows[0]?.head ?? 0);
  for (const department of catalogue.departments) {
    // One that joins later starts at the head of the log.
    await tx.query(
      `insert into department (code, ordinal, name_zh, name_en, sector, joined_position)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (code) do nothing`,
      [department.code, department.seq, department.zh, department.en, department.sector, head === 0 ? 0 : head + 1],
    );
    for (const service of department.services) {
      await tx.query(
        `insert into service (code, department, name_zh, name_en, opinion_class, never_gated)
         values ($1, $2, $3, $4, $5, false)
         on conflict (code) do nothing`,
        [service.code, department.code, service.zh, service.en, service.opinionClass],
      );
      await tx.query(
        `insert into service_rule (
           service, version, edition, subjects, disposition, gated_by, flags, enabled, legal_basis,
           recorded_by
         )
         select $1, 1, $2, $3, $4, $5, $6, $7, $8, 'catalogue'
         where not exists (select from service_rule where service = $1)`,
        [
          service.code,
          catalogue.edition,
          service.subjects,
          service.disposition,
          service.gatedBy,
          service.flags,
          service.enabled,
          service.legalBasis,
        ],
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = process.env.DATABASE_URL;
  if (!url)
    throw new Error(
      'DATABASE_URL is not set: give the address of the database, as a role that may write reference data',
    );
  await loadReferenceData(url);
}
