import type { Request } from 'express';
import { readCookie } from '../cookies.js';
import { single } from '../paths.js';
import { en } from './en.js';
import { type Text, zhCN } from './zh-CN.js';

export type Language = 'zh-CN' | 'en';
export type { Text };

export const LANGUAGES: { readonly [L in Language]: Text } = { 'zh-CN': zhCN, en };
export const LANGUAGE_COOKIE = 'console-language';

const isLanguage = (value: string | undefined): value is Language => value === 'zh-CN' || value === 'en';

/** The language asked for in the address, if it is one of ours. */
export function askedLanguage(req: Request): Language | undefined {
  const asked = single(req.query.lang);
  return isLanguage(asked) ? asked : undefined;
}

/** `?lang=`, then the cookie, then Chinese. What a browser accepts is not asked: office machines say anything. */
export function languageOf(req: Request): Language {
  const asked = askedLanguage(req);
  if (asked !== undefined) return asked;
  const kept = readCookie(req, LANGUAGE_COOKIE);
  return isLanguage(kept) ? kept : 'zh-CN';
}
