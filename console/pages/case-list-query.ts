import { isDate } from '../../domain/calendar.js';
import { hasForbiddenCharacters } from '../../domain/identity/normalise.js';
import { single } from '../paths.js';
import { isUuid } from '../uuid.js';

/** What a list of cases is asked for in its address. */
export interface CaseListQuery {
  /** Whose cases a judge looks at: their own, or all of the court. */
  whose: 'mine' | 'court';
  state?: 'OPEN' | 'CLOSED';
  /** Part of a case number. */
  number?: string;
  after?: { at: string; id: string };
}

const NUMBER_AT_MOST = 64;
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

/** Reads the address of a list; undefined when it is none that a page of ours leads to. */
export function readCaseListQuery(query: { readonly [name: string]: unknown }): CaseListQuery | undefined {
  const [whose, state, number] = ['whose', 'state', 'number'].map((name) => single(query[name]));
  const position = readPosition(query);
  const wanted = number?.trim() ?? '';
  if (wanted.length > NUMBER_AT_MOST || hasForbiddenCharacters(wanted)) return undefined;
  if (state !== undefined && state !== '' && state !== 'OPEN' && state !== 'CLOSED') return undefined;
  if (position === undefined) return undefined;
  return {
    whose: whose === 'court' ? 'court' : 'mine',
    ...(state ? { state } : {}),
    ...(wanted === '' ? {} : { number: wanted }),
    ...position,
  };
}

function isInstant(text: string): boolean {
  const date = INSTANT.exec(text)?.[1];
  return date !== undefined && isDate(date);
}
