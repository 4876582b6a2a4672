import { parseEndpoint } from '../../domain/endpoint.js';
import { Refusal } from '../../domain/refusal.js';
import {
  endpointOf,
  lockEndpoint,
  pauseChannel,
  putEndpoint,
  resumeChannel,
} from '../../registry/departments/endpoints.js';
import { issueTokenKeys, requireRecipient, tokensOff } from '../../registry/parties/department-tokens.js';
import { requireTokenIndexes } from '../../registry/parties/token-index.js';
import { requireOwnDepartment } from '../http/access.js';
import { Problem } from '../http/problem.js';
import { editing, type Route, reading, writing } from '../http/route.js';
import * as answers from '../schemas/answers.js';
import { endpoint, tokenRecipient } from '../schemas/channels.js';
import { noQuery, nothing } from '../schemas/page.js';

const put = editing({
  call: 'PUT /v1/departments/:code/endpoint',
  summary: '设置接收通知的地址 / Take notices by webhook; answers a new signing secret, once',
  body: endpoint,
  statuses: [201, 200],
  answer: answers.endpointSecret,
  async handle({ tx, ring, caller, id, input, requireVersion }, { allowedHosts = new Set() }) {
    requireOwnDepartment(caller, id);
    const before = await lockEndpoint(tx, id);
    requireVersion(before);
    const parsed = parseEndpoint(input.url, allowedHosts);
    if (!parsed.ok) {
      throw Refusal.invalid('地址有误。 / The address is not valid.', '/url', parsed.code);
    }
    const { version, ...given } = await putEndpoint(tx, ring, id, parsed.url, input.signature);
    return { status: before === undefined ? 201 : 200, body: given, version };
  },
});

const view = reading({
  call: 'GET /v1/departments/:code/endpoint',
  summary: '接收通知的地址 / Where a department takes its notices, without the secret',
  query: noQuery,
  answer: answers.endpoint,
  async handle({ caller, id }, { pool }) {
    requireOwnDepartment(caller, id);
    const found = await endpointOf(pool, id);
    if (!found) throw new Problem('not-found');
    return found;
  },
  version: ({ version }) => version,
});

const pause = writing({
  call: 'POST /v1/departments/:code/pause',
  summary: '暂停向该部门推送 / Pause a department’s channel; its notices wait, and it may still pull them',
  body: nothing,
  statuses: [200],
  answer: answers.channel,
  async handle({ tx, actor, id }) {
    await pauseChannel(tx, id, actor);
    return { body: { department: id, paused: true } };
  },
});

const resume = writing({
  call: 'POST /v1/departments/:code/resume',
  summary: '恢复向该部门推送 / Resume a department’s channel, at once',
  body: nothing,
  statuses: [200],
  answer: answers.channel,
  async handle({ tx, id }) {
    await resumeChannel(tx, id);
    return { body: { department: id, paused: false } };
  },
});

const tokenKeys = writing({
  call: 'POST /v1/departments/:code/token-keys',
  summary: '领取本部门令牌密钥 / The department’s token keys of the live quarters, wrapped for its X25519 key',
  body: tokenRecipient,
  statuses: [201, 202],
  answer: answers.tokenKeys,
  async handle({ tx, ring, caller, actor, id, input }) {
    requireOwnDepartment(caller, id);
    if (!ring.tokenRoot) throw tokensOff();
    requireRecipient(input.publicKey);
    const epochs = await requireTokenIndexes(tx, id, Date.now());
    // A key is given out only once every number on record has its token: otherwise somebody listed would be clear.
    if (epochs.length === 0) return { status: 202, body: { department: id, keys: [] } };
    return { body: await issueTokenKeys(tx, ring, id, { recipient: input.publicKey, epochs }, actor) };
  },
});

export const channelRoutes: Route[] = [tokenKeys, put, view, pause, resume];
