import { recordFacts } from '../case/facts.js';
import { type InboxItem, type InboxScope, inboxItemCase, markRead } from '../case/inbox.js';
import { lockCase } from '../case/locked-case.js';
import type { Transaction } from '../database/pool.js';
import type { Actor } from '../inputs.js';
import type { KeyRing } from '../keys/key-ring.js';

/** A judge reads an item of the inbox; the first time is a fact of the case. Undefined when it is not in the reader's scope. */
export async function readInboxItem(
  tx: Transaction,
  ring: KeyRing,
  id: string,
  scope: InboxScope,
  actor: Actor,
): Promise<InboxItem | undefined> {
  const caseId = await inboxItemCase(tx, id, scope);
  const locked = caseId && (await lockCase(tx, ring, caseId));
  if (!locked) return undefined;
  const marked = await markRead(tx, id, actor.id, locked.now);
  if (!marked) return undefined;
  const { item, first } = marked;
  if (first) {
    const defaulter = locked.defaulters.find(({ id }) => id === item.defaulter);
    recordFacts(tx, locked, [
      {
        type: 'read',
        key: `read:${id}`,
        at: locked.now,
        actor,
        ...(defaulter ? { defaulter } : {}),
        ...(item.department ? { department: item.department } : {}),
        detail: { item: id, kind: item.kind, interception: item.interception },
      },
    ]);
  }
  return item;
}
