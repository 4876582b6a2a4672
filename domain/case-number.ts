import { hasForbiddenCharacters } from './identity/normalise.js';

/** `caseNumber` is normalised; `courtCode` e.g. 黔0112; `type` e.g. 执恢. A 之一 suffix stays part of `caseNumber` only. */
export interface CaseNumber {
  caseNumber: string;
  year: number;
  courtCode: string;
  type: string;
  serial: number;
}

// 法〔2015〕137号, in force since 2016-01-01.
const CASE_NUMBER =
  /^（(\d{4})）(最高法|[京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新军兵]\d{0,4})([\u4e00-\u9fff]{1,4})([1-9]\d*)号(之[一二三四五六七八九十]+)?$/;
const MAX_LENGTH = 64;

/** Reads a case number however its brackets and spaces were typed; undefined when it isn't one (E06), also in the form of before 2016. */
export function parseCaseNumber(text: string): CaseNumber | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH || hasForbiddenCharacters(trimmed)) return undefined;
  const caseNumber = trimmed
    .normalize('NFKC')
    .replace(/[\s\p{Cf}]/gu, '')
    .replace(/[([〔【]/g, '（')
    .replace(/[)\]〕】]/g, '）');
  const match = CASE_NUMBER.exec(caseNumber);
  if (match === null) return undefined;
  const [, year = '', courtCode = '', type = '', digits = ''] = match;
  const serial = Number(digits);
  return Number.isSafeInteger(serial) ? { caseNumber, year: Number(year), courtCode, type, serial } : undefined;
}
