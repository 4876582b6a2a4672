import { courtsOf } from '../../registry/access/scope.js';
import { decideIdentity } from '../../registry/courts/identity-decisions.js';
import { explain, reviewQueue } from '../../registry/courts/identity-reviews.js';
import { retentionRuns } from '../../registry/maintenance/retention.js';
import { looks } from '../../registry/parties/identity-access.js';
import { identityChain, personsIn } from '../../registry/parties/identity-chain.js';
import { exceptionScope, revokeException } from '../../registry/parties/identity-exceptions.js';
import { linkScope, makeLink, revokeLink } from '../../registry/parties/identity-links.js';
import { requireCourtInterception, requireInterception, requireMaker, requireSubject } from '../http/access.js';
import { atAndId, paged } from '../http/cursor.js';
import { type Route, reading, writing } from '../http/route.js';
import { made } from '../schemas/answers.js';
import * as inputs from '../schemas/identity.js';
import * as answers from '../schemas/identity-answers.js';
import { nothing, page } from '../schemas/page.js';
import { present } from '../schemas/present.js';
import { lookedUp } from './identity-look.js';

const chain = reading({
  call: 'GET /v1/identity-chain/:subject',
  summary: '身份链：当事人的号码、姓名、关联与列入 / A party’s numbers, names, links and listings',
  query: inputs.look,
  answer: answers.identityChain,
  async handle(request, services) {
    await requireSubject(services.pool, request.caller, request.id);
    return lookedUp(
      request,
      services,
      (tx, how) => identityChain(tx, services.ring, request.id, how),
      (chained) => ({ subjects: personsIn(chained) }),
    );
  },
});

const make = writing({
  call: 'POST /v1/identity-links',
  summary: '建立身份关联 / Tie a party to another record, name or number, on evidence',
  body: inputs.link,
  statuses: [201],
  answer: answers.madeLink,
  async handle({ tx, ring, caller, actor, input }) {
    await requireSubject(tx, caller, input.subject);
    if ('other' in input) await requireSubject(tx, caller, input.other);
    const link = await makeLink(tx, ring, input, caller.court, actor);
    return { body: link, location: `/v1/identity-chain/${input.subject}` };
  },
});

const undo = writing({
  call: 'POST /v1/identity-links/:id/revocation',
  summary: '撤销身份关联 / Undo a link by a counter-fact; the link stays on record',
  body: inputs.linkRevocation,
  statuses: [201],
  answer: answers.madeLink,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireMaker(tx, caller, await linkScope(tx, id));
    return { body: await revokeLink(tx, ring, id, input, caller.court, actor) };
  },
});

const reviews = reading({
  call: 'GET /v1/identity-reviews',
  summary: '待核身份 / Doubtful matches on which the court has not yet said who it is',
  query: page,
  answer: answers.identityReviews,
  async handle({ caller, query: { cursor, limit } }, { pool, ring }) {
    const filter = ['identity-reviews', caller.client, caller.role];
    return paged({ ring, filter, cursor, position: atAndId }, async (after) =>
      reviewQueue(pool, await courtsOf(pool, caller), present({ limit, after })),
    );
  },
});

const match = reading({
  call: 'GET /v1/interceptions/:id/identity',
  summary: '比中说明：一致与冲突的字段 / A match explained: the fields that agree and those that do not',
  query: inputs.look,
  answer: answers.identityMatch,
  async handle(request, services) {
    await requireCourtInterception(services.pool, request.caller, request.id);
    return lookedUp(
      request,
      services,
      (tx, how) => explain(tx, services.ring, request.id, how),
      ({ subject }) => ({ subjects: [subject], interception: request.id }),
    );
  },
});

const decide = writing({
  call: 'POST /v1/interceptions/:id/identity',
  summary: '法院认定是否同一人 / The court’s word: the same person, or another',
  body: inputs.identityDecision,
  statuses: [201],
  answer: answers.decidedIdentity,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireInterception(tx, caller, id);
    return { body: await decideIdentity(tx, ring, id, input, caller.court, actor) };
  },
});

const forget = writing({
  call: 'POST /v1/identity-exceptions/:id/revocation',
  summary: '撤销“并非此人” / Forget a "not this person" before its time',
  body: nothing,
  statuses: [201],
  answer: made,
  async handle({ tx, ring, caller, actor, id }) {
    await requireMaker(tx, caller, await exceptionScope(tx, id));
    return { body: await revokeException(tx, ring, id, caller.court, actor) };
  },
});

const accesses = reading({
  call: 'GET /v1/identity-accesses',
  summary: '查阅日志：何人何时为何查看 / Who looked at whom unmasked, when and for what purpose',
  query: inputs.accessPage,
  answer: answers.identityAccesses,
  async handle({ caller, query: { cursor, limit, subject } }, { pool, ring }) {
    if (subject) await requireSubject(pool, caller, subject);
    const filter = ['identity-accesses', caller.client, caller.role, subject ?? ''];
    return paged({ ring, filter, cursor, position: atAndId }, (after) =>
      looks(pool, caller, present({ limit, subject, after })),
    );
  },
});

const runs = reading({
  call: 'GET /v1/retention-runs',
  summary: '到期删除的证明 / What was deleted when its time was over, and the proof of it',
  query: page,
  answer: answers.retentionRuns,
  async handle({ caller, query: { cursor, limit } }, { pool, ring }) {
    const filter = ['retention-runs', caller.client];
    return paged({ ring, filter, cursor, position: atAndId }, (after) =>
      retentionRuns(pool, present({ limit, after })),
    );
  },
});

export const identityRoutes: Route[] = [runs, chain, make, undo, reviews, match, decide, forget, accesses];
