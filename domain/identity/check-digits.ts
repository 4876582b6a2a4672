// Check characters of Chinese identity numbers. Each function takes the number without its check character, already
// normalised and of the right alphabet and length, and gives the character that must follow.

const RESIDENT_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const RESIDENT_CHECKS = '10X98765432';
const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** GB 11643-1999, ISO 7064 MOD 11-2, over 17 digits. */
export function residentCheck(body: string): string {
  return RESIDENT_CHECKS.charAt(weightedSum(body, ORGANISATION_ALPHABET, RESIDENT_WEIGHTS) % 11);
}

/** GB 32100-2015, over 17 characters. The outer mod makes 31 a `0`. */
export function creditCodeCheck(body: string): string {
  return CREDIT_ALPHABET.charAt((31 - (weightedSum(body, CREDIT_ALPHABET, CREDIT_WEIGHTS) % 31)) % 31);
}

/** GB 11714-1997, over 8 characters. */
export function organisationCheck(body: string): string {
  const check = 11 - (weightedSum(body, ORGANISATION_ALPHABET, ORGANISATION_WEIGHTS) % 11);
  return check === 11 ? '0' : check === 10 ? 'X' : String(check);
}

/** ISO 7064 MOD 11,10, over the 14 digits of a business registration number (GS 15-2006). */
export function registrationCheck(body: string): string {
  let product = 10;
  for (const digit of body) {
    const sum = (product + Number(digit)) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return String((11 - product) % 10);
}

function weightedSum(body: string, alphabet: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * alphabet.indexOf(body.charAt(i)), 0);
}
