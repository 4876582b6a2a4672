import { giveDirective } from '../../registry/courts/directives.js';
import { giveFeedback } from '../../registry/departments/feedback.js';
import { requireInterception } from '../http/access.js';
import { type Route, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { directive, feedback } from '../schemas/interceptions.js';

const direct = writing({
  call: 'POST /v1/interceptions/:id/directives',
  summary: '法院指示 / The court’s answer to a department',
  body: directive,
  statuses: [201],
  answer: answers.made,
  async handle({ tx, ring, caller, actor, id, input }) {
    const { enforcementCase } = await requireInterception(tx, caller, id);
    return { body: await giveDirective(tx, ring, id, input, actor), location: `/v1/cases/${enforcementCase}/timeline` };
  },
});

const tell = writing({
  call: 'POST /v1/interceptions/:id/feedback',
  summary: '部门反馈 / What the department did',
  body: feedback,
  statuses: [201],
  answer: answers.made,
  async handle({ tx, ring, caller, actor, id, input }) {
    await requireInterception(tx, caller, id);
    return { body: await giveFeedback(tx, ring, id, input, actor) };
  },
});

export const interceptionRoutes: Route[] = [direct, tell];
