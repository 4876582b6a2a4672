// The one normaliser of identity numbers: intake, comparison and edge all use it, since two that differ are a silent miss.

/** Longer than any document's number, even typed with a blank after each digit. */
const MAX_LENGTH = 128;
// Dashes (Pd), the minus sign and the hyphen bullet; soft hyphens and zero-width blanks are format characters (Cf).
const IGNORED = /[\p{White_Space}\p{Pd}\u2212\u2043\p{Cf}]/gu;

/** NUL and other control characters, line separators and lone surrogates: no name or number contains them, and PostgreSQL refuses some. */
export function hasForbiddenCharacters(text: string): boolean {
  return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

/**
 * Trim, NFKC, upper case, without blanks and dashes. Gives '' for text no number can be (forbidden characters inside,
 * too long), which no type accepts.
 */
export function normaliseNumber(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH || hasForbiddenCharacters(trimmed)) return '';
  // NFKC again: upper case and joining what a blank kept apart can leave normal form.
  return trimmed.normalize('NFKC').toUpperCase().replace(IGNORED, '').normalize('NFKC');
}
