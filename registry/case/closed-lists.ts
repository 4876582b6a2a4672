import { ALLOWING_DIRECTIVES, AWAITED_NOTICE_KINDS, REFUSING_DIRECTIVES } from '../../domain/vocabulary.js';

// Closed lists of the domain as SQL, to stand after `in`.

const listed = (words: readonly string[]): string => `(${words.map((word) => `'${word}'`).join(', ')})`;

/** The kinds of notice that are waited for. */
export const AWAITED = listed(AWAITED_NOTICE_KINDS);

/** Directives by which a court refuses to let a hold lapse. */
export const REFUSING = listed(REFUSING_DIRECTIVES);

/** Directives by which a court lets a business go on. */
export const LETTING_GO = listed(ALLOWING_DIRECTIVES);
