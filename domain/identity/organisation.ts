import { creditCodeCheck, organisationCheck, registrationCheck } from './check-digits.js';

// Registrar and category may be letters (A military, N agriculture, Y other); I, O, S, V, Z do not occur.
const CREDIT_CODE = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
const ORGANISATION_CODE = /^[0-9A-Z]{8}[0-9X]$/;
const REGISTRATION = /^\d{15}$/;

/** Unified social credit code, GB 32100-2015: 18 characters with their check. */
export function isCreditCode(number: string): boolean {
  return CREDIT_CODE.test(number) && creditCodeCheck(number.slice(0, 17)) === number.charAt(17);
}

/** Positions 9–17 of a unified social credit code: the organisation code, all that listings of before 2015 carry. */
export function organisationCodeOf(creditCode: string): string {
  return creditCode.slice(8, 17);
}

/** Organisation code, GB 11714-1997: 8 characters and their check. */
export function isOrganisationCode(number: string): boolean {
  return ORGANISATION_CODE.test(number) && organisationCheck(number.slice(0, 8)) === number.charAt(8);
}

/** Business registration number of before 2015: 14 digits and their check. */
export function isRegistrationNumber(number: string): boolean {
  return REGISTRATION.test(number) && registrationCheck(number.slice(0, 14)) === number.charAt(14);
}
