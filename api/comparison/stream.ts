import { once } from 'node:events';
import type { Request, Response } from 'express';
import { type Json, parseBody, SINGLE } from '../http/body.js';
import { Problem, problemBody, toProblem } from '../http/problem.js';
import { read } from '../http/validate.js';
import { keyed } from '../schemas/comparisons.js';
import { GROUP, type Item, inGroups, type Result } from './batch-items.js';

/** One JSON value a line. */
export const NDJSON = 'application/x-ndjson';

/** Nothing came, or nothing could be sent, for this long: nobody is there any more. */
const IDLE_MS = 30_000;
const LINE_FEED = 10;

/** A line of the request: an item, or why it is none. */
type Line = Item | { line: number; problem: Problem };

const isItem = (line: Line): line is Item => 'key' in line;

/**
 * Reads items line by line and answers them line by line, in order. Two groups are in memory at the most, and the sender waits while the reader of
 * the answers is slow. A line that is no item is answered with its number and a problem; one that has neither key nor number is the last: the
 * rest was not judged and can be sent again under the same Idempotency-Key.
 */
export async function streamed(
  req: Request,
  res: Response,
  traceId: string,
  judge: (items: readonly Item[]) => Promise<Result[]>,
): Promise<void> {
  req.socket.setTimeout(IDLE_MS, () => req.socket.destroy());
  res.status(200).type(NDJSON);
  const judgeLines = async (lines: readonly Line[]): Promise<Result[]> => {
    const judged = await judge(lines.filter(isItem));
    const next = judged.values();
    return lines.flatMap((line) =>
      isItem(line) ? (next.next().value ?? []) : { text: notAnItem(line, traceId), replayed: false },
    );
  };
  try {
    for await (const results of inGroups(groupsOf(req), judgeLines)) {
      const more = res.write(results.map(({ text }) => `${text}\n`).join(''));
      if (!more && !res.closed) await writable(res);
      if (res.closed) return;
    }
  } catch (error) {
    if (!res.headersSent) throw error;
    res.locals.code = toProblem(error).code;
    res.write(`${JSON.stringify({ problem: problemBody(toProblem(error), traceId) })}\n`);
  }
  res.end();
}

/** Resolves when more may be written, or nobody is there any more. */
async function writable(res: Response): Promise<void> {
  const either = new AbortController();
  await Promise.race(['drain', 'close'].map((event) => once(res, event, { signal: either.signal }))).finally(() =>
    either.abort(),
  );
}

const notAnItem = ({ line, problem }: { line: number; problem: Problem }, traceId: string): string =>
  JSON.stringify({ line, problem: problemBody(problem, traceId) });

/** What has arrived, as groups: nobody waits for a group to fill. */
async function* groupsOf(req: Request): AsyncGenerator<readonly Line[]> {
  let number = 0;
  for await (const arrived of linesOf(req)) {
    const lines = arrived.flatMap((bytes): Line[] => {
      number += 1;
      return isBlank(bytes) ? [] : [toLine(bytes, number)];
    });
    for (let from = 0; from < lines.length; from += GROUP) yield lines.slice(from, from + GROUP);
  }
}

const isBlank = (bytes: Buffer | undefined): boolean => bytes?.every((byte) => byte <= 32) ?? false;

/** The lines that became whole with each piece; undefined: longer than any item. */
async function* linesOf(req: AsyncIterable<Buffer>): AsyncGenerator<(Buffer | undefined)[]> {
  let open: Buffer[] = [];
  let length = 0;
  const take = (): Buffer | undefined => {
    const line = length > SINGLE.bytes ? undefined : Buffer.concat(open);
    open = [];
    length = 0;
    return line;
  };
  const add = (bytes: Buffer): void => {
    length += bytes.length;
    if (length <= SINGLE.bytes) open.push(bytes);
    else open = [];
  };
  for await (const piece of req) {
    const lines: (Buffer | undefined)[] = [];
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      add(piece.subarray(from, end));
      lines.push(take());
      from = end + 1;
    }
    add(piece.subarray(from));
    yield lines;
  }
  if (length > 0) yield [take()];
}

function toLine(bytes: Buffer | undefined, line: number): Line {
  try {
    if (bytes === undefined) throw new Problem('body-too-large');
    const value = parseBody(bytes, SINGLE);
    const { key: _key, ...asked } = members(value);
    return { key: read(keyed, value).key, asked, at: '' };
  } catch (error) {
    return { line, problem: toProblem(error) };
  }
}

/** Throws Problem `invalid` for what is no object. */
function members(value: Json): { [member: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('invalid', { errors: [{ pointer: '', code: 'invalid' }] });
  return value;
}
