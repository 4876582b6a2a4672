import { z } from 'zod';
import { addDays, addMonths, compareDates } from '../../domain/calendar.js';
import { parseCaseNumber } from '../../domain/case-number.js';
import { isMinor, normaliseNumber } from '../../domain/identity/identifier.js';
import { GROUNDS, type MEASURES, TERM_MONTHS } from '../../domain/vocabulary.js';
import type { DefaulterInput, MeasureInput, OpenCaseInput } from '../../registry/inputs.js';
import { coded, complain } from './complaints.js';
import {
  amount,
  asset,
  courtDecision,
  date,
  id,
  line,
  measure,
  name,
  pastDate,
  positiveAmount,
  prose,
  today,
} from './parts.js';
import { checkIdentifiers, identifiers, kind } from './party.js';

/** 法发〔2019〕35号: grace is one to three months. */
const GRACE_MONTHS_AT_MOST = 3;

const ownDecision = z
  .strictObject({ measure, decision: courtDecision, from: date.optional(), asset: asset.optional() })
  .meta({ id: 'DecidedMeasure' });

const representative = z
  .strictObject({ role: line(50), name, identifiers })
  .superRefine((value, context) => checkIdentifiers('person', value.identifiers, context));

const ground = z.union(
  GROUNDS.map((number) => z.literal(number)),
  { error: coded('invalid') },
);

/** 失信名单规定 art. 2: ground 1 has no term, grounds 2-6 have one of the lawful ones. */
const termMonths = z.union(
  TERM_MONTHS.map((months) => z.literal(months)),
  { error: '#E04' },
);

const graceUntil = date.superRefine((day, context) => {
  const now = today();
  // A request made before midnight may arrive after it.
  if (compareDates(day, addDays(now, -1)) < 0) complain(context, 'in-the-past');
  if (compareDates(day, addMonths(now, GRACE_MONTHS_AT_MOST)) > 0) complain(context, 'grace-too-long');
});

export const defaulter = z
  .strictObject({
    kind,
    name,
    identifiers,
    ground,
    conduct: prose(2_000),
    decision: courtDecision,
    measures: z
      .array(z.union([measure, ownDecision]))
      .min(1)
      .max(50),
    termMonths: termMonths.optional(),
    graceUntil: graceUntil.optional(),
    representatives: z.array(representative).max(20).optional(),
    liableFor: positiveAmount.optional(),
    previous: id.optional(),
    student: z.boolean().optional(),
  })
  .transform((value, context): DefaulterInput => {
    const { representatives = [], liableFor, termMonths: months, graceUntil: grace, previous, ...rest } = value;
    checkIdentifiers(value.kind, value.identifiers, context);
    if ((value.ground === 1) !== (months === undefined)) complain(context, 'E04', 'termMonths');
    value.identifiers.forEach((document, index) => {
      // 失信名单规定 art. 4.
      if (value.kind === 'person' && document.birthDate !== undefined && isMinor(document.birthDate, today())) {
        complain(context, 'E03', 'identifiers', index, 'number');
      }
    });
    if (value.kind === 'person' && representatives.length > 0)
      complain(context, 'organisation-only', 'representatives');
    return {
      ...rest,
      measures: decided(value, context),
      representatives: representatives.map(({ role, ...person }) => ({ role, party: { kind: 'person', ...person } })),
      student: value.student ?? false,
      ...(months === undefined ? {} : { termMonths: months }),
      ...(grace === undefined ? {} : { graceUntil: grace }),
      ...(liableFor === undefined ? {} : { liableForFen: liableFor }),
      ...(previous === undefined ? {} : { previous }),
    };
  })
  .meta({ id: 'Defaulter', description: '被执行人 / A party under execution in this case' });

interface Decided {
  decision: z.output<typeof courtDecision>;
  measures: (z.output<typeof measure> | z.output<typeof ownDecision>)[];
}

/** A measure named by its word alone rests on the defaulter's decision; each measure (and asset, for SEAL) stands once. */
function decided({ decision, measures }: Decided, context: z.core.$RefinementCtx): MeasureInput[] {
  const seen = new Set<string>();
  return measures.map((entry, index): MeasureInput => {
    const full = typeof entry === 'string' ? { measure: entry, decision, from: undefined, asset: undefined } : entry;
    checkAsset(full, context, 'measures', index);
    const key = JSON.stringify([full.measure, full.asset?.type, full.asset && normaliseNumber(full.asset.number)]);
    if (seen.has(key)) complain(context, 'duplicate', 'measures', index);
    seen.add(key);
    return {
      measure: full.measure,
      decision: full.decision,
      ...(full.from === undefined ? {} : { from: full.from }),
      ...(full.asset === undefined ? {} : { asset: full.asset }),
    };
  });
}

/** A SEAL is of one asset; no other measure has one. */
export function checkAsset(
  value: { measure: (typeof MEASURES)[number]; asset?: object | undefined },
  context: z.core.$RefinementCtx,
  ...path: (string | number)[]
): void {
  if (value.measure === 'SEAL' && value.asset === undefined) complain(context, 'asset-required', ...path, 'asset');
  if (value.measure !== 'SEAL' && value.asset !== undefined) complain(context, 'asset-only-for-seal', ...path, 'asset');
}

const caseNumber = z
  .string({ error: coded('E06') })
  .transform((text, context) => parseCaseNumber(text) ?? complain(context, 'E06'))
  .meta({ type: 'string', description: '案号 / Case number', example: '（2019）黔0112执1234号' });

export const openCase = z
  .strictObject({
    caseNumber,
    court: line(20),
    judge: line(100),
    filedOn: pastDate,
    // Numbers of before 2016 have another form and are kept as they are.
    formerCase: line(64).optional(),
    basis: z.strictObject({ number: line(100), issuer: line(100) }),
    obligation: z.strictObject({ amount, content: prose(2_000) }),
    defaulters: z
      .array(defaulter, { error: coded('invalid') })
      .min(1)
      .max(50),
  })
  .transform((value, context): OpenCaseInput => {
    const { obligation, formerCase, ...rest } = value;
    if (value.caseNumber.courtCode !== value.court) complain(context, 'E06', 'caseNumber');
    checkDistinct(value.defaulters, context);
    return {
      ...rest,
      caseNumber: value.caseNumber.caseNumber,
      obligationFen: obligation.amount,
      content: obligation.content,
      ...(formerCase === undefined ? {} : { formerCase: parseCaseNumber(formerCase)?.caseNumber ?? formerCase }),
    };
  })
  .meta({ id: 'OpenCase', description: '立案 / A case with its defaulters, their debt and the measures decided' });

/** One person is one defaulter of a case: the same document may not stand under two. */
function checkDistinct(defaulters: readonly DefaulterInput[], context: z.core.$RefinementCtx): void {
  const seen = new Map<string, number>();
  defaulters.forEach((one, at) => {
    one.identifiers.forEach(({ type, number, country }, index) => {
      const key = JSON.stringify([type, number, country]);
      const first = seen.get(key);
      if (first !== undefined && first !== at) complain(context, 'duplicate', 'defaulters', at, 'identifiers', index);
      seen.set(key, at);
    });
  });
}
