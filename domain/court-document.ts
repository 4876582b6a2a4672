import { normaliseNumber } from './identity/identifier.js';

/** A document's number as it is kept and compared: brackets and spaces do not tell two of them apart. */
export const documentNumber = (text: string): string => normaliseNumber(text).replace(/[()〔〕（）【】[\]]/g, '');
