import { z } from 'zod';
import { RELATIONS } from '../../domain/identity/relations.js';
import {
  DEFAULTER_STATES,
  DISPOSITIONS,
  END_GROUNDS,
  GROUNDS,
  INBOX_KINDS,
  NOTICE_KINDS,
  OUTCOMES,
} from '../../domain/vocabulary.js';
import { measure } from './parts.js';

// What the API answers. Members are added, never removed; clients ignore those they don't know.

export const uuid = z.guid();
export const instant = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
export const receiptState = z
  .enum(['accepted', 'sequenced', 'published', 'witnessed'])
  .meta({ id: 'ReceiptState', description: '已受理、已排序、已公布、已见证 / How far it has come in the record' });
export const yuan = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .meta({ description: '元 / yuan', example: '400000.00' });
const defaulterState = z.enum(DEFAULTER_STATES).meta({ id: 'DefaulterState' });
export const next = z.string().optional().meta({ description: 'Cursor of the next page; absent at the end' });

export const inputErrors = z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string().optional() }));

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string(),
    traceId: z.string().regex(/^[0-9a-f]{32}$/),
    errors: inputErrors.optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; clients branch on code' });

export const openedCase = z
  .object({
    id: uuid,
    caseNumber: z.string(),
    state: z.literal('OPEN'),
    outstanding: yuan,
    defaulters: z.array(z.object({ id: uuid, state: defaulterState })),
    warnings: inputErrors.optional(),
  })
  .meta({ id: 'OpenedCase' });

const noticeCount = z.object({ sent: z.int(), acknowledged: z.int() }).meta({ description: '部门数 / Departments' });

const restriction = z
  .object({
    id: uuid,
    measure,
    asset: z.object({ type: z.string(), number: z.string() }).optional(),
    inForceAt: instant.optional(),
    until: instant.optional(),
    endedAt: instant.optional(),
    endGround: z.enum(END_GROUNDS).optional(),
  })
  .meta({ id: 'Restriction' });

export const caseView = z
  .object({
    id: uuid,
    caseNumber: z.string(),
    court: z.string(),
    judge: z.string(),
    state: z.enum(['OPEN', 'CLOSED']),
    obligation: z.object({ amount: yuan, content: z.string() }),
    outstanding: yuan,
    surplus: yuan,
    defaulters: z.array(
      z.object({
        id: uuid,
        subject: uuid.meta({ description: '身份链中的当事人 / The party in the identity chain' }),
        state: defaulterState,
        stayed: z.boolean(),
        name: z.string().meta({ description: '首字以外遮蔽 / Masked but for its first character' }),
        ground: z.union(GROUNDS.map((ground) => z.literal(ground))),
        restrictions: z.array(restriction),
        notices: z.object({ publish: noticeCount, release: noticeCount }),
      }),
    ),
  })
  .meta({ id: 'Case' });

export const cases = z.object({ items: z.array(caseView), next });

export const repaid = z.object({ id: uuid, outstanding: yuan, surplus: yuan }).meta({ id: 'RegisteredRepayment' });

export const reversed = z.object({ outstanding: yuan }).meta({ id: 'ReversedRepayment' });

export const made = z.object({ id: uuid }).meta({ id: 'Made' });

export const decided = made
  .extend({
    remaining: z
      .array(z.object({ defaulter: uuid, measures: z.array(measure), otherCases: z.int().nonnegative() }))
      .optional()
      .meta({
        description:
          '解除之后：本案仍未解除的措施，及此人尚有措施的其他案件数 / After a release: what is left in this case, and how many other cases have measures on the same party',
      }),
  })
  .meta({ id: 'Decided' });

export const inboxItem = z
  .object({
    id: uuid,
    kind: z.enum(INBOX_KINDS),
    at: instant,
    case: uuid.optional(),
    defaulter: uuid.optional(),
    interception: uuid.optional(),
    department: z.string().optional(),
    deadline: instant.optional(),
    readAt: instant.optional(),
  })
  .meta({ id: 'InboxItem' });

export const inbox = z.object({ items: z.array(inboxItem), next });

const interception = z
  .object({
    id: uuid,
    case: z.object({ number: z.string(), court: z.string(), contact: z.string() }),
    measures: z.array(measure),
    basis: z.string(),
    howToEnd: z.string(),
    howToObject: z.string(),
    holdUntil: instant.optional(),
    links: z
      .array(z.object({ relation: z.enum(RELATIONS), leaf: z.string().regex(/^[0-9a-f]{64}$/) }))
      .optional()
      .meta({
        description:
          '经由身份链命中时所依据的关联（叶哈希） / The identity links it was met by, each with its leaf hash',
      }),
    remaining: z.int().nonnegative().meta({
      description:
        '本案解除后仍拦截此业务的其他案件数 / Other cases that still stop this business once this one has ended',
    }),
  })
  .meta({ id: 'Interception' });

export const compared = z
  .object({
    id: uuid,
    outcome: z.enum(OUTCOMES),
    reasons: z.array(z.string()),
    interceptions: z.array(interception),
    comparedAt: instant,
  })
  .meta({ id: 'ComparisonAnswer', description: 'CLEAR 不附理由 / CLEAR gives no reasons' });

export const comparedBatch = z
  .object({ items: z.array(z.union([compared.extend({ key: z.string() }), z.object({ key: z.string(), problem })])) })
  .meta({ id: 'BatchAnswer' });

export const notices = z.object({
  items: z.array(
    z
      .object({
        seq: z.int().positive(),
        id: uuid,
        kind: z.enum(NOTICE_KINDS),
        at: instant,
        void: z.literal(true).optional(),
        defaulter: uuid,
        case: z.object({ id: uuid, number: z.string(), court: z.string() }),
        measures: z.array(measure),
        services: z.array(z.string()),
        until: instant.optional(),
        interceptions: z.array(z.object({ id: uuid, reference: z.string() })).optional(),
        directive: z.object({ id: uuid, type: z.string() }).optional(),
      })
      .meta({ id: 'Notice' }),
  ),
  served: z.int().nonnegative().meta({ description: '可确认到的位置 / The position to acknowledge' }),
});

export const endpoint = z
  .object({
    url: z.string(),
    version: z.int().positive(),
    pausedAt: instant.optional(),
    pausedBy: z
      .enum(['receiver', 'administrator'])
      .optional()
      .meta({ description: 'receiver：接收方已答 410 / it answered 410 Gone' }),
    publicKey: z.string().optional().meta({ description: 'v1a 的公钥 whpk_… / The public key of v1a' }),
    failures: z.int().nonnegative().meta({ description: '连续失败次数 / Failed attempts in a row' }),
    lastFailure: z.string().optional(),
  })
  .meta({ id: 'Endpoint' });

export const endpointSecret = z
  .object({
    secret: z.string().meta({ description: '签名密钥，仅此一次 / The signing secret, shown only here' }),
    publicKey: z.string().optional().meta({ description: 'v1a 的公钥 whpk_… / The public key of v1a' }),
  })
  .meta({ id: 'EndpointSecret' });

export const tokenKeys = z
  .object({
    department: z.string(),
    keys: z.array(z.object({ epoch: z.string().regex(/^\d{4}Q[1-4]$/), ephemeralKey: z.base64(), sealed: z.base64() })),
    fact: uuid.optional(),
  })
  .meta({
    id: 'TokenKeys',
    description:
      '202：索引尚在建立，稍后再取 / 202: the index is being made, ask again later. 以 X25519 + HKDF-SHA-256 + AES-256-GCM 封装 / Wrapped by X25519, HKDF-SHA-256 and AES-256-GCM',
  });

export const channel = z.object({ department: z.string(), paused: z.boolean() }).meta({ id: 'Channel' });

export const acknowledged = z.object({ acknowledged: z.int().nonnegative() });

export const receipt = z
  .object({
    state: receiptState,
    entryId: uuid,
    leaf: z.base64(),
    leafHash: z.string(),
    index: z.int().nonnegative().optional(),
    size: z.int().nonnegative().optional(),
    signatures: z
      .array(z.object({ entryId: uuid, owner: z.string(), kid: z.string() }))
      .optional()
      .meta({ description: '当事机构对其签名的叶子 / Leaves with which parties have signed it' }),
    sealed: z
      .object({
        position: z.int().nonnegative(),
        count: z.int().positive(),
        commitment: z.base64(),
        salt: z.base64().optional(),
        proof: z.array(z.base64()),
      })
      .optional()
      .meta({
        description: '放行的比对：在封存叶子根下的位置 / A clear comparison: its place under the root of its seal',
      }),
  })
  .meta({ id: 'Receipt' });

export const signingKeys = z.object({
  items: z.array(
    z.object({ kid: z.string(), publicKey: z.base64(), owner: z.string(), at: instant }).meta({ id: 'SigningKey' }),
  ),
  next,
});

export const signingKeyMade = z.object({ kid: z.string() });

export const factSigned = z
  .object({
    entryId: uuid.meta({ description: '签名叶子的回执编号 / What the receipt of the signed leaf is asked for' }),
  })
  .meta({ id: 'FactSigned' });

const bilingual = z.object({ zh: z.string(), en: z.string() });

export const departments = z.object({
  items: z.array(z.object({ code: z.string(), name: bilingual, sector: z.string() }).meta({ id: 'Department' })),
  next,
});

export const service = z
  .object({
    code: z.string(),
    name: bilingual,
    department: z.string().optional(),
    neverGated: z.boolean(),
    enabled: z.boolean().optional(),
    subjects: z.array(z.enum(['P', 'O', 'R'])).optional(),
    disposition: z.enum(DISPOSITIONS).optional(),
    gatedBy: z.array(measure).optional(),
    flags: z.array(z.string()).optional(),
    legalBasis: z.string().optional(),
    edition: z.string().optional(),
    validFrom: z.iso.date().optional(),
    validUntil: z.iso.date().optional(),
    holdDays: z.int().optional(),
    version: z.int().optional().meta({ description: '其 ETag / Its ETag is this number in quotes' }),
  })
  .meta({ id: 'Service' });

export const serviceHistory = z.object({
  items: z.array(
    service
      .extend({ recordedAt: instant, recordedBy: z.string() })
      .meta({ id: 'ServiceVersion', description: '目录版本 / A version of the rule of a service' }),
  ),
  next,
});

export const services = z.object({ items: z.array(service), next });

export const school = z
  .object({
    code: z.string(),
    name: bilingual,
    listed: z.boolean().meta({ description: 'false：已移出名册 / It was taken off the register' }),
    enrolment: z.object({ from: z.iso.date(), until: z.iso.date() }).optional(),
    version: z.int().positive().meta({ description: '其 ETag / Its ETag is this number in quotes' }),
  })
  .meta({ id: 'School' });

export const schools = z.object({ items: z.array(school), next });

export const courts = z.object({
  items: z.array(
    z
      .object({ code: z.string(), name: bilingual, parent: z.string().optional(), contact: z.string() })
      .meta({ id: 'Court' }),
  ),
  next,
});

const count = z.int().nonnegative();

export const statistics = z
  .object({
    entries: count.meta({ description: '条：累计列入 / Accepted entries, a running total' }),
    liveEntries: count,
    comparisons: count.meta({ description: '次：比对 / Answered comparisons' }),
    interceptions: count,
    subjectsIntercepted: count.meta({ description: '名：被拦截的当事人 / Distinct parties stopped at least once' }),
    performed: count.meta({ description: '人次：履行 / Person-times of performance' }),
    repaid: yuan,
  })
  .meta({ id: 'Statistics' });
