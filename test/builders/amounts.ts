// What is owed and paid, in fen; what the API says of it, in yuan.

/** Owed in a case unless a test says otherwise: 400 000 yuan. */
export const DEBT = 40_000_000n;
export const DEBT_YUAN = '400000.00';

/** A first instalment, which settles nothing, and what is then still owed. */
export const INSTALMENT = 10_000_000n;
export const INSTALMENT_YUAN = '100000.00';
export const REST = DEBT - INSTALMENT;
export const REST_YUAN = '300000.00';

/** What is paid beyond the debt, to be given back. */
export const SURPLUS = 1_000_000n;
export const SURPLUS_YUAN = '10000.00';

/** The least that can be paid: 0.01 yuan. */
export const FEN = 1n;
