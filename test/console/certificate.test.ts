import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseProof, verifyProof } from '../../ledger/proof-file.js';
import { withDatabase } from '../../local/servers/postgres-databases.js';
import { createPool, type Pool } from '../../registry/database/pool.js';
import { sequenceRound } from '../../registry/ledger/sequencer.js';
import { logKeys, openLog } from '../../registry/ledger/signed-log.js';
import { judgeOf } from '../harness/credentials.js';
import { ORIGIN } from '../harness/ledger.js';
import { type Browsing, expectSoundPage, signedInAs } from './browsing.js';
import { type Court, createCourt, houseJudge, SECRETS, tellHouse } from './court.js';

let court: Court;
let browsing: Browsing;
let sequencer: Pool;
let path: string;
beforeAll(async () => {
  court = await createCourt();
  path = `/console/cases/${(await tellHouse(court, 'part-paid')).id}`;
  browsing = await signedInAs(court.app, houseJudge().token);
  const { rows } = await court.pool.query('select current_database() as name');
  const connectionString = withDatabase(inject('sequencerUrl'), rows[0]?.name);
  sequencer = createPool({ connectionString, applicationName: 'sequencer', max: 1 });
});
afterAll(async () => {
  await sequencer.end();
  await court.close();
});

const log = () => openLog(court.ring, ORIGIN);

it('says of every entry of the timeline how far it has come, and gives its proof once it is published', async () => {
  const before = (await browsing.get(path)).text;
  expect(before).toContain('已受理，尚未入存证');
  expect((await browsing.get(`${path}/certificate`)).text).toContain('尚无已公布的事实');
  while ((await sequenceRound(sequencer, log())).appended > 0);
  const page = (await browsing.get(`${path}?lang=en`)).text;
  const [, proof = '', index] = /<a href="([^"]+\/proofs\/[^"]+)"[^>]*>record no\. (\d+)</.exec(page) ?? [];
  const file = await browsing.get(proof);
  expect(file.headers['content-disposition']).toMatch(/^attachment; filename="?[0-9a-f-]{36}\.tlog-proof"?$/);
  const parsed = parseProof(file.text);
  expect(parsed.index).toBe(Number(index));
  verifyProof(parsed, logKeys(log()));
});

it.each(['zh-CN', 'en'] as const)('the certificate is a page to print, in %s', async (language) => {
  const page = await browsing.get(`${path}/certificate?lang=${language}`);
  expectSoundPage(page, language);
  const { body } = await browsing.get(`${path}/certificate?format=json`);
  expect(page.text.match(/<tr>/g)).toHaveLength(body.facts.length + 1);
  for (const fact of body.facts) expect(page.text).toContain(fact.leafHash);
  expect(page.text).toContain(body.checkpoint.split('\n')[2]);
  for (const secret of SECRETS) expect(page.text + JSON.stringify(body)).not.toContain(secret);
});

it('is for the courts of the case', async () => {
  const stranger = await signedInAs(court.app, judgeOf('黔0102').token);
  const proof = /href="([^"]+\/proofs\/[^"]+)"/.exec((await browsing.get(path)).text)?.[1] ?? '';
  const otherCase = `/console/cases/${(await court.open({ court: '黔0102' })).id}`;
  for (const location of [
    `${path}/certificate`,
    `${path}/certificate?format=json`,
    proof,
    `${otherCase}/proofs/${proof.split('/').at(-1)}`,
  ])
    expect((await stranger.get(location)).status, location).toBe(404);
});
