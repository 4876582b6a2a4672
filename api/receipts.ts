import { receipt } from '../registry/receipts.js';
import { courtsOf } from '../registry/scope.js';
import { Problem } from './problem.js';
import { type Route, reading } from './route.js';
import * as answers from './schemas/answers.js';
import { noQuery } from './schemas/page.js';

const give = reading({
  call: 'GET /v1/receipts/:fact',
  summary: '存证回执 / The receipt of a fact, for its court and the departments concerned',
  query: noQuery,
  answer: answers.receipt,
  async handle({ caller, id }, { pool }) {
    const found = await receipt(pool, id);
    if (!found) throw new Problem('not-found');
    const { court, departments, ...shown } = found;
    const party =
      caller.role === 'department'
        ? departments.includes(caller.department)
        : (await courtsOf(pool, caller)).includes(court);
    if (!party) throw new Problem('not-found');
    return shown;
  },
});

export const receiptRoutes: Route[] = [give];
