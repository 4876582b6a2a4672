import { hasForbiddenCharacters } from '../../domain/identity/normalise.js';
import { single } from '../paths.js';
import { readPosition } from './list-position.js';

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
