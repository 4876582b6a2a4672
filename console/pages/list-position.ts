import { isDate } from '../../domain/calendar.js';
import { single } from '../paths.js';
import { isUuid } from '../uuid.js';

/** A timestamptz as PostgreSQL writes it. */
const INSTANT = /^(\d{4}-\d\d-\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/;

/** From where on a list is asked for, in the order of (at, id); undefined for what no page of ours leads to. */
export function readPosition(query: {
  readonly [name: string]: unknown;
}): { after?: { at: string; id: string } } | undefined {
  const [at, id] = [single(query.at), single(query.id)];
  if (at === undefined && id === undefined) return {};
  if (at === undefined || id === undefined || !isInstant(at) || !isUuid(id)) return undefined;
  return { after: { at, id } };
}

function isInstant(text: string): boolean {
  const date = INSTANT.exec(text)?.[1];
  return date !== undefined && isDate(date);
}
