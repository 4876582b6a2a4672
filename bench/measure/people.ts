import { residentCheck } from '../../domain/identity/check-digits.js';
import { parseIdentifier } from '../../domain/identity/identifier.js';
import { judgeId } from '../../registry/catalogue/load-reference-data.js';
import type { DefaulterInput, OpenCaseInput, Party } from '../../registry/inputs.js';

export const COURT = '黔0112';
/** What everybody here owes, in fen. */
export const DEBT = 40_000_000n;

const DAYS = 14_000;
const PLACES = ['520112', '520102', '520103', '520111', '520113', '520115', '520121', '520122', '520123', '520181'];
const DECISION = { number: '（2026）黔0112执1号之一', madeOn: '2026-01-05' };

let serial = 0;

/** Nobody: a resident number with a right check digit and the sequence 000, which is issued to no one. Each time another. */
function somebody(): Party {
  const nth = serial++;
  const born = new Date(Date.UTC(1960, 0, 1) + (nth % DAYS) * 86_400_000)
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', '');
  const body = `${PLACES[Math.floor(nth / DAYS) % PLACES.length]}${born}000`;
  const parsed = parseIdentifier({ type: 'resident-id', number: body + residentCheck(body) }, '2026-01-01');
  if (!parsed.ok) throw new Error(parsed.code);
  return { kind: 'person', name: '甲某', identifiers: [parsed.identifier] };
}

/** A case against one person: listed on ground 1 and restricted in consumption. */
export function aCase(): { party: Party; input: OpenCaseInput } {
  const party = somebody();
  const defaulter: DefaulterInput = {
    ...party,
    ground: 1,
    conduct: '有履行能力而拒不履行生效法律文书确定义务',
    decision: DECISION,
    measures: [
      { measure: 'LISTING', decision: DECISION },
      { measure: 'CONSUMPTION', decision: DECISION },
    ],
    representatives: [],
    student: false,
  };
  const input = {
    caseNumber: `（2026）黔0112执${serial}号`,
    court: COURT,
    judge: judgeId(COURT, 1),
    filedOn: '2026-01-05',
    basis: { number: '（2025）黔0112民初1号', issuer: '贵阳市乌当区人民法院' },
    obligationFen: DEBT,
    content: '偿还借款本金',
    defaulters: [defaulter],
  };
  return { party, input };
}
