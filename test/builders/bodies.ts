import { DEBT_YUAN } from './amounts.js';
import { COURT } from './cases.js';
import { WUDANG_PERSON } from './numbers.js';

// What clients of the API post, as JSON.

let serial = 1000;

/** A person known by one resident number. */
export const personBody = (name: string, number: string) => ({
  kind: 'person',
  name,
  identifiers: [{ type: 'resident-id', number }],
});

/** A case of the Wudang court against one person, as a clerk posts it. */
export function aCase(changes: object = {}, defaulter: object = {}): Record<string, unknown> {
  serial += 1;
  return {
    caseNumber: `（2019）黔0112执${serial}号`,
    court: COURT,
    judge: '黔0112-J1',
    filedOn: '2019-01-10',
    basis: { number: '（2018）黔0112民初77号', issuer: '贵阳市乌当区人民法院' },
    obligation: { amount: DEBT_YUAN, content: '偿还借款' },
    defaulters: [aDefaulter(defaulter)],
    ...changes,
  };
}

export function aDefaulter(changes: object = {}): Record<string, unknown> {
  return {
    ...personBody('封某全', WUDANG_PERSON),
    ground: 1,
    conduct: '有履行能力而拒不履行',
    decision: { number: '（2019）黔0112执1号决定', madeOn: '2019-01-20' },
    measures: ['LISTING', 'CONSUMPTION'],
    ...changes,
  };
}
