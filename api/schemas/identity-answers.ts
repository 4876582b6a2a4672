import { z } from 'zod';
import { IDENTIFIER_TYPES } from '../../domain/identity/identifier.js';
import { PURPOSES, RELATIONS } from '../../domain/identity/relations.js';
import { DECIDED_IDENTITIES, FEEDBACK_IDENTITIES } from '../../domain/vocabulary.js';
import { instant, next, uuid } from './answers.js';
import { measure } from './parts.js';

// What the API answers about who is who. Members are added, never removed.

const identityParty = z.object({
  name: z.string(),
  identifiers: z.array(
    z.object({ type: z.enum(IDENTIFIER_TYPES), number: z.string(), country: z.string().optional() }),
  ),
});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const agreement = z.array(z.enum(['name', 'number']));
const heldNumbers = z.array(
  z.object({
    type: z.enum(IDENTIFIER_TYPES),
    number: z.string(),
    country: z.string().optional(),
    validFrom: z.iso.date().optional(),
    validUntil: z.iso.date().optional(),
    source: z.enum(['listing', 'link']),
    link: uuid.optional(),
    revokedAt: instant.optional(),
  }),
);
const listings = z.array(
  z.object({
    defaulter: uuid,
    case: z.string(),
    court: z.string(),
    role: z.enum(['defaulter', 'representative']),
    measures: z.array(measure),
  }),
);

export const identityChain = z
  .object({
    subject: uuid,
    kind: z.enum(['person', 'organisation']),
    name: z.string(),
    masked: z.boolean().meta({ description: '无 purpose 即遮蔽 / Masked unless a purpose was given' }),
    identifiers: heldNumbers,
    links: z.array(
      z
        .object({
          id: uuid,
          relation: z.enum(RELATIONS),
          from: uuid,
          to: uuid.optional(),
          name: z.string().optional(),
          department: z.string().optional(),
          reference: z.string().optional(),
          evidence: sha256.meta({ description: '所依据文件的 SHA-256 / SHA-256 of the document it rests on' }),
          validFrom: z.iso.date().optional(),
          validUntil: z.iso.date().optional(),
          court: z.string(),
          madeAt: instant,
          fact: uuid,
          leaf: sha256,
          revokedAt: instant.optional(),
          revocation: uuid.optional(),
        })
        .meta({ id: 'IdentityLink' }),
    ),
    sameParty: z.array(uuid),
    listings,
    facts: z.array(
      z.object({
        seq: z.int().positive(),
        fact: uuid,
        type: z.enum(['link.made', 'link.revoked', 'identity.decided', 'exception.revoked']),
        at: instant,
        by: z.string(),
        leaf: sha256,
      }),
    ),
  })
  .meta({ id: 'IdentityChain' });

export const madeLink = z.object({ id: uuid, fact: uuid, leaf: sha256 }).meta({ id: 'MadeLink' });

export const identityReviews = z.object({
  items: z.array(
    z
      .object({
        interception: uuid,
        subject: uuid,
        department: z.string(),
        service: z.string(),
        case: uuid,
        caseNumber: z.string(),
        at: instant,
        reasons: z.array(z.string()),
        feedback: z.enum(FEEDBACK_IDENTITIES).optional(),
      })
      .meta({ id: 'IdentityReview' }),
  ),
  next,
});

export const identityMatch = z
  .object({
    interception: uuid,
    subject: uuid,
    masked: z.boolean(),
    reasons: z.array(z.string()),
    equal: agreement,
    conflicting: agreement,
    asked: identityParty,
    recorded: identityParty,
    decisions: z.array(
      z.object({
        identity: z.enum(DECIDED_IDENTITIES),
        at: instant,
        by: z.string(),
        exception: z.object({ id: uuid, expiresAt: instant, revokedAt: instant.optional() }).optional(),
      }),
    ),
  })
  .meta({
    id: 'IdentityMatch',
    description: '一致与冲突的字段 / A match explained: fields that agree and that do not',
  });

export const decidedIdentity = z.object({ id: uuid, exception: uuid.optional() }).meta({ id: 'DecidedIdentity' });

export const identityAccesses = z.object({
  items: z.array(
    z
      .object({
        id: uuid,
        at: instant,
        subject: uuid,
        interception: uuid.optional(),
        by: z.string(),
        court: z.string(),
        purpose: z.enum(PURPOSES),
      })
      .meta({ id: 'IdentityAccess' }),
  ),
  next,
});

const found = z
  .object({
    subject: uuid,
    agreement: z.enum(['name', 'script', 'sound']).meta({
      description:
        '姓名相同、仅繁简不同、读音相同 / Written alike, alike but for traditional characters, sounding alike',
    }),
  })
  .meta({ id: 'IdentityFound' });

/** What a search may have missed. */
const missed = {
  complete: z.boolean().meta({
    description:
      '为 false 时，尚有记录未编入姓名索引，可能有遗漏：请稍后再检索 / False: some records are not indexed by name yet and may be missing; ask again in a while',
  }),
  truncated: z.boolean().meta({
    description: '符合者过多，仅列出最相近的 / More agree than are shown: the most alike are here',
  }),
};

/** Ids and codes alone: this is kept with its Idempotency-Key. */
export const identitySearch = z.object({ id: uuid, items: z.array(found), ...missed }).meta({ id: 'IdentitySearch' });

const searched = { id: uuid, at: instant, by: z.string(), court: z.string(), purpose: z.enum(PURPOSES), ...missed };

export const identityCandidates = z
  .object({
    ...searched,
    masked: z.boolean(),
    items: z.array(found.extend({ name: z.string(), identifiers: heldNumbers, listings })),
  })
  .meta({
    id: 'IdentityCandidates',
    description: '候选人，仅供法院参考 / Candidates for court staff; they decide nothing',
  });

export const identitySearches = z.object({
  items: z.array(z.object({ ...searched, found: z.array(found) }).meta({ id: 'IdentitySearchLogged' })),
  next,
});

export const retentionRuns = z.object({
  items: z.array(
    z
      .object({
        id: uuid,
        kind: z.enum(['clear-comparison', 'exception', 'access-log', 'case', 'linked-party']),
        at: instant,
        upTo: instant,
        count: z.int().positive(),
        digest: sha256.meta({
          description: '所删各编号排序后逐行的 SHA-256 / SHA-256 of the ids deleted, sorted, one a line',
        }),
        leaf: sha256,
      })
      .meta({ id: 'RetentionRun' }),
  ),
  next,
});
