// The workflows as they are replay every history that earlier releases recorded.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { rootFolder } from '../../local/machine/paths.mjs';
import { ENFORCEMENT_WORKER } from '../../worker/temporal/options.js';
import { readHistory, recordedHistories, textsOf } from './histories.js';
import { PATHS } from './record-histories.js';

/** Replays every history on this workflow code; resolves to what failed, by name. */
async function replay(workflowBundle: { code: string } | { codePath: string }): Promise<Map<string, Error>> {
  const failed = new Map<string, Error>();
  const histories = recordedHistories().map(({ name, text }) => ({
    workflowId: name,
    history: readHistory(text),
  }));
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
    if (error) failed.set(workflowId, error);
  return failed;
}

describe('recorded histories', () => {
  it('cover every path', () => {
    const names = recordedHistories().map(({ name }) => name);
    for (const path of Object.keys(PATHS)) expect(names.some((name) => name.startsWith(`${path}.`))).toBe(true);
  });

  it('are small and hold nothing personal: no name, no identity number, no machine', () => {
    for (const { text } of recordedHistories()) {
      const events: unknown[] = JSON.parse(text).events;
      expect(events.length).toBeLessThanOrEqual(60);
      for (const found of textsOf(text)) {
        expect(found).not.toMatch(/\p{Script=Han}/u);
        expect(found).not.toMatch(/\d{15}|\d{17}[\dX]|[0-9A-HJ-NPQRTUWXY]{18}$/);
        expect(found).not.toMatch(/^\d+@/);
        expect(found.includes(hostname()), found).toBe(false);
      }
    }
  });

  it('replay on the workflows as they are', async () => {
    const { workflowBundle } = ENFORCEMENT_WORKER;
    if (!workflowBundle) throw new Error('the worker runs a bundle');
    expect([...(await replay(workflowBundle)).entries()]).toEqual([]);
  });

  const bundled = (twin: string) =>
    bundleWorkflowCode({
      workflowsPath: join(rootFolder, 'dist', 'test', 'workflows', twin, 'enforcement.js'),
      logger: new DefaultLogger('ERROR'),
    });

  it('bite: with one activity more, every one of them fails as not deterministic', async () => {
    const failed = await replay(await bundled('one-activity-more'));
    expect([...failed.keys()].sort()).toEqual(recordedHistories().map(({ name }) => name));
    for (const error of failed.values()) expect(error.name).toBe('DeterminismViolationError');
  });

  it('a new version of the worker may carry the same change behind a patch: every one of them replays', async () => {
    expect([...(await replay(await bundled('one-activity-more-patched'))).entries()]).toEqual([]);
  });
});
