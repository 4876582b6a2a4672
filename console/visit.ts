import type { Request } from 'express';
import type { Caller } from '../registry/access/credentials.js';
import { HOME, single, withQuery } from './paths.js';
import { LANGUAGES, type Language, languageOf, type Text } from './text/index.js';

/** Somebody looks at a page: in which language, where, and who. */
export interface Visit {
  readonly language: Language;
  readonly text: Text;
  /** Undefined while nobody is signed in, and on pages that say that something failed. */
  readonly caller: Caller | undefined;
  /** The present page in the other language. */
  readonly inOtherLanguage: string;
  /** The present page, to be asked for again. */
  readonly here: string;
}

export function visitOf(req: Request, caller?: Caller): Visit {
  const language = languageOf(req);
  const query = Object.fromEntries(Object.entries(req.query).map(([name, value]) => [name, single(value)]));
  // A path that only a form is sent to can't be asked for with GET.
  const path = `${HOME}${req.path === '/' ? '' : req.path}`;
  return {
    language,
    text: LANGUAGES[language],
    caller,
    inOtherLanguage: withQuery(path, { ...query, lang: language === 'en' ? 'zh-CN' : 'en' }),
    here: withQuery(path, query),
  };
}
