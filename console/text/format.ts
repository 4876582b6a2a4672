import { parseYuan } from '../../domain/money.js';
import type { Language } from './index.js';

// All instants are shown in Asia/Shanghai, whatever the clock of the server or of the reader says.

const ZONE = 'Asia/Shanghai';
const LOCALES: { readonly [L in Language]: string } = { 'zh-CN': 'zh-CN', en: 'en-GB' };
const UNITS: { readonly [L in Language]: string } = { 'zh-CN': '元', en: 'yuan' };

/** A decimal string in yuan (`"400000.00"`) with separators and unit: every fen is shown. */
export function money(yuan: string, language: Language): string {
  const [whole = '', fraction] = yuan.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${grouped}${fraction === undefined ? '' : `.${fraction}`} ${UNITS[language]}`;
}

/** The share of an obligation that is performed, 0–100 with one decimal, rounded down so that 100 means all; undefined when nothing was owed. */
export function performedPercent(obligation: string, outstanding: string): number | undefined {
  const owed = parseYuan(obligation);
  const left = parseYuan(outstanding);
  if (owed === undefined || left === undefined || owed === 0n) return undefined;
  return Number(((owed - left) * 1_000n) / owed) / 10;
}

export const percent = (value: number): string => `${value.toFixed(1)} %`;

const inZone = (language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(LOCALES[language], { timeZone: ZONE, ...options });

const DAYS: { readonly [L in Language]: Intl.DateTimeFormat } = {
  'zh-CN': inZone('zh-CN', { dateStyle: 'full' }),
  en: inZone('en', { dateStyle: 'full' }),
};

/** 2026年11月23日星期一, Monday 23 November 2026 */
export const dayHeading = (at: string, language: Language): string => DAYS[language].format(new Date(at));

const SHANGHAI_OFFSET_MS = 8 * 3_600_000;
const shanghai = (at: string): string => new Date(Date.parse(at) + SHANGHAI_OFFSET_MS).toISOString();

/** 2026-11-23 */
export const day = (at: string): string => shanghai(at).slice(0, 10);
/** 09:02:11 */
export const clock = (at: string): string => shanghai(at).slice(11, 19);
/** 2026-11-23 09:02:11 */
export const dateTime = (at: string): string => `${day(at)} ${clock(at)}`;
/** 11-23 09:02 */
export const shortTime = (at: string): string => `${day(at).slice(5)} ${clock(at).slice(0, 5)}`;
/** 2026-11-23T09:02:11.123+08:00, for machines. */
export const zoned = (at: string): string => shanghai(at).replace('Z', '+08:00');
