import { randomInt } from 'node:crypto';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import type { Actor, DefaulterInput, OpenCaseInput } from '../../registry/inputs.js';
import { DEBT } from './amounts.js';

/** The court of Wudang, its clerk and the first of its two judges: whose cases these are unless a test says otherwise. */
export const COURT = '黔0112';
export const CLERK: Actor = { role: 'clerk', id: COURT };
export const JUDGE: Actor = { role: 'judge', id: judgeId(COURT, 1) };

/** A court that knows nothing of the other’s cases. */
export const OTHER_COURT = '黔2701';

export const departmentActor = (code: string): Actor => ({ role: 'department', id: code });

let serial = randomInt(1_000_000);

/** A case of Wudang against these, over the usual debt, with a number that no other case has. */
export const caseAgainst = (defaulters: DefaulterInput[], changes: Partial<OpenCaseInput> = {}): OpenCaseInput => ({
  caseNumber: `（2026）${COURT}执${++serial}号`,
  court: COURT,
  judge: JUDGE.id,
  filedOn: '2026-01-05',
  basis: { number: '（2025）黔0112民初1号', issuer: '贵阳市乌当区人民法院' },
  obligationFen: DEBT,
  content: '偿还借款本金',
  defaulters,
  ...changes,
});

/** What makes a case the other court’s. */
export const ofOtherCourt = () => ({
  court: OTHER_COURT,
  judge: judgeId(OTHER_COURT, 1),
  caseNumber: `（2026）${OTHER_COURT}执${++serial}号`,
});
