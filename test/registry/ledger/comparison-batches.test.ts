// Clear comparisons go into the record in batches, each openable alone.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../../ledger/canonical-json.js';
import { leafHash } from '../../../ledger/leaf.js';
import { rootOfInclusion } from '../../../ledger/tree.js';
import { sqlState } from '../../../registry/database/pool.js';
import { batchComparisons, WHOLE_LOOK } from '../../../registry/ledger/comparison-batches.js';
import { receipt } from '../../../registry/ledger/receipts.js';
import { person } from '../../builders/parties.js';
import { SERVICES } from '../../builders/services.js';
import { useWorld } from '../../harness/world.js';

const world = useWorld();

const clear = async (service: string): Promise<string> => (await world.compare(service, person())).id;
const sealed = async (): Promise<number> => {
  const { rows } = await world.owner.query('select count(*)::int as n from comparison_seal');
  return rows[0]?.n;
};
const leafOf = (base64: string) => JSON.parse(Buffer.from(base64, 'base64').toString());

it('each clear comparison is sealed once, by department, and each can be opened alone', async () => {
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push(await clear(SERVICES.companyRegistration));
  const other = await clear(SERVICES.planningScheme);
  const { look } = await batchComparisons(world.pool, WHOLE_LOOK);
  await Promise.all([batchComparisons(world.pool, WHOLE_LOOK), batchComparisons(world.pool, look)]);
  expect(await sealed()).toBe(6);
  const receipts = await Promise.all(ids.map((id) => receipt(world.pool, id)));
  expect(new Set(receipts.map((one) => one?.entryId)).size).toBe(1);
  for (const [nth, one] of receipts.entries()) {
    const leaf = leafOf(one?.leaf ?? '');
    expect(leaf).toMatchObject({ type: 'comparisons.sealed', dept: 'AIC', count: 5, actor: 'system:sealer' });
    expect(one?.departments).toEqual(['AIC']);
    const { position = -1, commitment = '', salt = '', proof = [] } = one?.sealed ?? {};
    expect(position).toBe(nth);
    const path = proof.map((hash) => Buffer.from(hash, 'base64'));
    const inner = rootOfInclusion(leafHash(Buffer.from(commitment, 'base64')), position, 5, path);
    expect(inner?.toString('hex')).toBe(leaf.root);
    // And the commitment is to what was recorded.
    const { rows } = await world.owner.query('select * from comparison where id = $1', [ids[nth]]);
    const { id, department, service, reference, outcome, reasons, rule_version: ruleVersion, at } = rows[0];
    const record = canonicalJson({
      id,
      department,
      service,
      reference,
      outcome,
      reasons,
      ruleVersion,
      at: at.toISOString(),
    });
    const opened = createHash('sha256').update('jec-comparison/1\0').update(Buffer.from(salt, 'base64')).update(record);
    expect(opened.digest('base64')).toBe(commitment);
  }
  expect((await receipt(world.pool, other))?.entryId).not.toBe(receipts[0]?.entryId);
});

it('the seals of a department are chained, and a hit is not sealed: it has a leaf of its own', async () => {
  const before = (await world.owner.query('select id from seal where department = $1', ['AIC'])).rows[0]?.id;
  await clear(SERVICES.companyRegistration);
  await batchComparisons(world.pool, WHOLE_LOOK);
  const { rows } = await world.owner.query(
    'select l.leaf from seal s join ledger_leaf l on l.entry_id = s.id where department = $1 order by number',
    ['AIC'],
  );
  expect(rows).toHaveLength(2);
  const first = await world.owner.query('select leaf_hash from ledger_leaf where entry_id = $1', [before]);
  expect(JSON.parse(rows[1]?.leaf.toString()).prev).toBe(first.rows[0]?.leaf_hash.toString('hex'));
  const { rows: others } = await world.owner.query(
    `select from comparison_seal s join comparison c on c.id = s.comparison where c.outcome <> 'CLEAR'`,
  );
  expect(others).toHaveLength(0);
});

it('one that was committed after later ones were sealed is not passed over', async () => {
  const slow = await world.pool.connect();
  await slow.query('begin');
  await slow.query(
    `insert into comparison (id, department, service, reference, outcome, reasons, rule_version, blinds, at)
     select overlay(id::text placing translate(right(id::text, 1), '0123456789abcdef', '123456789abcdef0') from 36)::uuid, department, service, 'slow', outcome, reasons, rule_version, blinds, at from comparison where outcome = 'CLEAR' limit 1`,
  );
  await clear(SERVICES.companyRegistration);
  const { look } = await batchComparisons(world.pool, WHOLE_LOOK);
  const count = await sealed();
  await slow.query('commit');
  slow.release();
  await batchComparisons(world.pool, look);
  expect(await sealed()).toBe(count + 1);
});

it('more than a page are seen page by page, also where most are sealed', async () => {
  await world.pool.query(
    `insert into comparison (id, department, service, reference, outcome, reasons, rule_version, blinds, at)
     select overlay(overlay(gen_random_uuid()::text placing '7' from 15) placing '018f0000' || '-' || lpad(to_hex(n), 4, '0') from 1)::uuid,
            department, service, 'many', outcome, reasons, rule_version, blinds, at
     from (select * from comparison where outcome = 'CLEAR' limit 1) c, generate_series(1, 4500) n`,
  );
  const count = await sealed();
  const rounds = [await batchComparisons(world.pool, WHOLE_LOOK)];
  for (let last = rounds[0]; last?.more; last = rounds.at(-1))
    rounds.push(await batchComparisons(world.pool, last.look));
  expect(rounds.map((round) => round.more)).toEqual([true, true, false]);
  expect(await sealed()).toBe(count + 4_500);
});

it('cannot be changed; a salt can be erased, and the rest still stands', async () => {
  const { rows } = await world.owner.query('select comparison from comparison_seal limit 1');
  const id = rows[0]?.comparison;
  for (const sql of [
    'update comparison_seal set position = position + 100',
    'delete from comparison_seal',
    'update seal set count = 1',
    `update comparison_seal set salt = gen_random_bytes(16)`,
  ])
    expect(
      await world.owner.query(sql).then(
        () => 'accepted',
        (error: unknown) => sqlState(error),
      ),
      sql,
    ).not.toBe('accepted');
  await world.pool.query('update comparison_seal set salt = null where comparison = $1', [id]);
  expect((await receipt(world.pool, id))?.sealed?.salt).toBeUndefined();
});
