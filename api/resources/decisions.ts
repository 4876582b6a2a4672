import { closeCase, decide } from '../../registry/courts/decisions.js';
import { remainingOf } from '../../registry/views/remaining.js';
import { requireCase } from '../http/access.js';
import { type Route, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { closing, decision } from '../schemas/decisions.js';

const make = writing({
  call: 'POST /v1/cases/:id/decisions',
  summary: '法官决定 / A judge’s decision',
  body: decision,
  statuses: [201],
  answer: answers.decided,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireCase(tx, caller, id);
    const made = await decide(tx, ring, id, input, actor);
    const ends = input.type === 'release' || input.type === 'revoke';
    return {
      body: ends ? { ...made, remaining: await remainingOf(tx, id, input.defaulter) } : made,
      location: `/v1/cases/${id}/timeline`,
    };
  },
});

const close = writing({
  call: 'POST /v1/cases/:id/close',
  summary: '结案：解除全部仍有效的措施 / Release all that is still in force in the case',
  body: closing,
  statuses: [201],
  answer: answers.decided,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireCase(tx, caller, id);
    const made = await closeCase(tx, ring, id, input.ground, actor);
    return { body: { ...made, remaining: await remainingOf(tx, id) }, location: `/v1/cases/${id}/timeline` };
  },
});

export const decisionRoutes: Route[] = [make, close];
