import { z } from 'zod';
import { addDays, compareDates, isDate } from '../../domain/calendar.js';
import { DISPOSITIONS } from '../../domain/vocabulary.js';
import type { RuleChange } from '../../registry/catalogue/rule-changes.js';
import type { SchoolInput } from '../../registry/catalogue/schools.js';
import { coded, complain } from './complaints.js';
import { date, line } from './parts.js';
import { present } from './present.js';

// What an administrator edits: rows of the catalogue, the register of schools.

const HOLD_DAYS_AT_MOST = 365;

export const serviceChange = z
  .strictObject({
    enabled: z.boolean().optional(),
    disposition: z.enum(DISPOSITIONS).optional(),
    validUntil: date
      .nullable()
      .optional()
      .meta({ description: '最后有效日；null 即不设期限 / Last day; null: no limit' }),
    holdDays: z.int().min(1).max(HOLD_DAYS_AT_MOST).nullable().optional(),
  })
  .transform((value, context): RuleChange => {
    if (Object.keys(value).length === 0) return complain(context, 'nothing-changed');
    return present(value);
  })
  .meta({ id: 'ServiceChange', description: '目录调整 / A change to a row of the catalogue, kept with its history' });

const bilingualName = z.strictObject({ zh: line(200), en: line(200) });

/** A holiday, not a school year: enrolment days may not reach over a whole term. */
const ENROLMENT_DAYS_AT_MOST = 92;

const enrolment = z
  .strictObject({ from: date, until: date })
  .superRefine(({ from, until }, context) => {
    // About what is no day, `date` has complained already.
    if (isDate(from) && isDate(until) && !isHoliday(from, until)) complain(context, 'enrolment-days', 'until');
  })
  .meta({
    description:
      '为尚未开始的学期招生的日期（含首尾，至多 92 日）；其余日期一律不限制 / The days on which it enrols for a term that has not begun, both included; on all others nobody is stopped',
  });

function isHoliday(from: string, until: string): boolean {
  return compareDates(from, until) <= 0 && compareDates(until, addDays(from, ENROLMENT_DAYS_AT_MOST)) <= 0;
}

export const school = z
  .strictObject({
    name: bilingualName,
    listed: z.boolean({ error: coded('invalid') }).default(true),
    enrolment: enrolment.optional(),
  })
  .transform((value): SchoolInput => present(value))
  .meta({ id: 'SchoolEntry', description: '收费高于正常标准的学校 / A school that charges above the normal standard' });
