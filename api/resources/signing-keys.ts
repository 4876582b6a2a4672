import type { Caller } from '../../registry/access/credentials.js';
import { registerSigningKey, signFact, signingKeys } from '../../registry/ledger/leaf-signatures.js';
import { receipt } from '../../registry/ledger/receipts.js';
import { Problem } from '../http/problem.js';
import { type Route, reading, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { noQuery } from '../schemas/page.js';
import * as inputs from '../schemas/signing.js';
import { isParty } from './receipts.js';

/** Who signs: the office, not the person. */
const ownerOf = (caller: Extract<Caller, { court: string } | { department: string }>): string =>
  'department' in caller ? `department:${caller.department}` : `court:${caller.court}`;

const list = reading({
  call: 'GET /v1/signing-keys',
  summary: '登记的签名公钥 / Keys with which departments and courts sign leaves; of each the last is in use',
  query: noQuery,
  answer: answers.signingKeys,
  revalidates: true,
  async handle(_request, { pool }) {
    return { items: await signingKeys(pool) };
  },
});

const register = writing({
  call: 'POST /v1/signing-keys',
  summary: '登记签名公钥（Ed25519） / Register the key of a department or court; it replaces the one before',
  body: inputs.signingKey,
  statuses: [201],
  answer: answers.signingKeyMade,
  async handle({ tx, caller, actor, input }) {
    return { body: await registerSigningKey(tx, ownerOf(caller), input, actor) };
  },
});

const sign = writing({
  call: 'POST /v1/receipts/:fact/signature',
  summary: '对事实的叶子签名 / Sign the leaf of a fact, with a leaf of one’s own: see docs/verify.md',
  body: inputs.factSignature,
  statuses: [201, 200],
  answer: answers.factSigned,
  async handle({ tx, caller, id, input }) {
    const found = await receipt(tx, id);
    if (!found || !(await isParty(tx, caller, found))) throw new Problem('not-found');
    const { entryId, first } = await signFact(tx, found, ownerOf(caller), input);
    return { status: first ? 201 : 200, body: { entryId } };
  },
});

export const signingKeyRoutes: Route[] = [list, register, sign];
