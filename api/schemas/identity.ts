import { z } from 'zod';
import { compareDates } from '../../domain/calendar.js';
import { NUMBER_RELATIONS, PURPOSES } from '../../domain/identity/relations.js';
import { DECIDED_IDENTITIES } from '../../domain/vocabulary.js';
import type { IdentityDecisionInput } from '../../registry/courts/identity-decisions.js';
import type { LinkInput } from '../../registry/parties/identity-links.js';
import type { SearchInput } from '../../registry/parties/identity-searches.js';
import { coded, complain } from './complaints.js';
import { page } from './page.js';
import { date, id, name, pastDate, reason } from './parts.js';
import { identifier, party } from './party.js';
import { present } from './present.js';

/** SHA-256 in hex of the document something rests on; the document stays with the court. */
const evidence = z
  .string({ error: coded('invalid') })
  .regex(/^[0-9a-f]{64}$/, '#invalid')
  .meta({ description: '所依据文件的 SHA-256 / SHA-256 of the document it rests on, hex' });

const terms = { subject: id, evidence, from: date.optional(), until: date.optional() };
const other = { other: id.optional(), party: party.optional() };

export const link = z
  .discriminatedUnion('relation', [
    z.strictObject({ ...terms, ...other, relation: z.literal('same-person') }),
    z.strictObject({ ...terms, ...other, relation: z.literal('legal-rep-of') }),
    z.strictObject({ ...terms, ...other, relation: z.literal('operator-of') }),
    z.strictObject({
      ...terms,
      relation: z.literal('renamed-from'),
      formerName: name.optional(),
      newName: name.optional(),
    }),
    ...NUMBER_RELATIONS.map((relation) => z.strictObject({ ...terms, relation: z.literal(relation), identifier })),
  ])
  .transform((value, context): LinkInput => {
    if (value.from !== undefined && value.until !== undefined && compareDates(value.until, value.from) < 0)
      return complain(context, 'ends-before-it-begins', 'until');
    switch (value.relation) {
      case 'renamed-from': {
        const { formerName, newName, ...rest } = value;
        if (formerName !== undefined && newName !== undefined) return complain(context, 'duplicate', 'newName');
        if (formerName !== undefined) return present({ ...rest, formerName });
        if (newName !== undefined) return present({ ...rest, newName });
        return complain(context, 'required', 'formerName');
      }
      case 'alias-number':
      case 'uscc-of':
        return present(value);
      default: {
        const { other: record, party: named, ...rest } = value;
        if (record !== undefined && named !== undefined) return complain(context, 'duplicate', 'party');
        if (record !== undefined) return present({ ...rest, other: record });
        if (named !== undefined) return present({ ...rest, party: named });
        return complain(context, 'required', 'other');
      }
    }
  })
  .meta({
    id: 'IdentityLinkInput',
    description:
      '身份关联：另一记录（other 或 party）、曾用名或新名、另一号码 / A link: to another record (by `other` or `party`), to a former or new name, or to a further number',
  });

export const linkRevocation = z.strictObject({ evidence: evidence.optional() }).meta({ id: 'IdentityLinkRevocation' });

export const identityDecision = z
  .strictObject({
    identity: z.enum(DECIDED_IDENTITIES),
    reason,
    expiresAt: z.iso.datetime({ offset: true, error: coded('not-an-instant') }).optional(),
  })
  .transform((value, context): IdentityDecisionInput => {
    if (value.expiresAt !== undefined && value.identity !== 'other') return complain(context, 'invalid', 'expiresAt');
    return present(value);
  })
  .meta({
    id: 'IdentityDecision',
    description: '是否同一人，由法院决定 / Whether it is the same person: the court’s word',
  });

const purpose = z.enum(PURPOSES);

export const identitySearch = z
  .strictObject({ name, birthDate: pastDate, sex: z.enum(['male', 'female']), purpose })
  .transform((value): SearchInput => value)
  .meta({
    id: 'IdentitySearchInput',
    description:
      '姓名、出生日期与性别三者齐备方可检索 / Name, birth date and sex, all three: a name alone brings up nobody',
  });

const lookPurpose = purpose.optional().meta({
  description:
    '给出用途即显示全名与全号，并记入查阅日志 / With a purpose names and numbers are shown in full, and the look is logged',
});

export const look = z.strictObject({ purpose: lookPurpose });

export const accessPage = page.extend({ subject: id.optional() });
