import { hasForbiddenCharacters } from './identity/normalise.js';

/** 民委发〔2016〕33号 writes the dot of a name as U+00B7; counters type any of these. */
const DOTS = new Set(['•', '‧', '・', '･', '．', '.', '●', '·']);
const DOT = '\u00b7';
const MAX_CODE_POINTS = 200;

/**
 * What two spellings of one name have in common: full-width forms, compatibility ideographs, dots, case and inner spaces
 * folded. Simplified and traditional forms stay different characters. Only ever compared after a number matched:
 * a name alone decides nothing.
 */
export function nameKey(name: string): string {
  const folded = Array.from(name.trim(), foldCharacter)
    .join('')
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    // Forms pad Han names with blanks (张　三); between words of other scripts the blank means something.
    .replace(/(?<=[\p{Script=Han}\u00b7]) | (?=[\p{Script=Han}\u00b7])/gu, '');
  return folded.trim();
}

export function nameEquals(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}

/** A private-use character is a different glyph on every system: equality can't be judged, a human looks (REVIEW). */
export function hasPrivateUse(name: string): boolean {
  return /\p{Co}/u.test(name);
}

/** 1 to 200 code points once trimmed, at least one letter, no NUL, control character or lone surrogate. */
export function isValidName(name: string): boolean {
  const trimmed = name.trim();
  if (trimmed.length > 2 * MAX_CODE_POINTS || hasForbiddenCharacters(trimmed)) return false;
  return Array.from(trimmed).length <= MAX_CODE_POINTS && /[\p{L}\p{Co}]/u.test(trimmed);
}

/** 封某全 → 封**: the first character, and at most two stars so that the length stays unknown. */
export function maskName(name: string): string {
  const [first = '', ...rest] = Array.from(name.trim());
  return first + '*'.repeat(Math.min(rest.length, 2));
}

/** First 6 and last 2 characters; of numbers under 15 characters less, so that at least half is always hidden. */
export function maskNumber(number: string): string {
  const characters = Array.from(number);
  const quarter = Math.floor(characters.length / 4);
  const [head, tail] = characters.length >= 15 ? [6, 2] : [quarter, quarter];
  return characters.map((c, i) => (i < head || i >= characters.length - tail ? c : '*')).join('');
}

/** One code point: NFKC alone would leave some dots as they are and turn others into full stops. */
function foldCharacter(character: string): string {
  if (DOTS.has(character)) return DOT;
  // Variation selectors and invisible format characters choose a glyph; they don't make another character.
  if (/^[\p{Variation_Selector}\p{Cf}]$/u.test(character)) return '';
  return Array.from(character.normalize('NFKC').toLowerCase(), (c) => (DOTS.has(c) ? DOT : c)).join('');
}
