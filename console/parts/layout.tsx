import type { ComponentChildren, JSX } from 'preact';
import { isOfCourt } from '../../registry/access/scope.js';
import { assetUrl } from '../assets.js';
import { paths } from '../paths.js';
import type { Visit } from '../visit.js';

interface LayoutProps {
  visit: Visit;
  title: string;
  /** What kind of page: for the style sheet. */
  kind: 'list' | 'case' | 'narrow';
  children: ComponentChildren;
}

/** The whole document around a page. */
export function Layout({ visit, title, kind, children }: LayoutProps): JSX.Element {
  const { text, language } = visit;
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · ${text.product}`}</title>
        <link rel="stylesheet" href={assetUrl('console.css')} />
        <link rel="stylesheet" href={assetUrl('parts.css')} />
        {kind === 'case' && <link rel="stylesheet" href={assetUrl('case.css')} />}
        <link rel="stylesheet" media="print" href={assetUrl('print.css')} />
        <link rel="icon" type="image/svg+xml" href={assetUrl('icon.svg')} />
      </head>
      <body class={`page page-${kind}`}>
        <a class="skip-link" href="#main">
          {text.skip}
        </a>
        <Masthead visit={visit} />
        <main id="main" class="content">
          {children}
        </main>
      </body>
    </html>
  );
}

function Masthead({ visit }: { visit: Visit }): JSX.Element {
  const { text, caller, language } = visit;
  return (
    <header class="masthead">
      <div class="masthead-inner">
        <a class="brand" href={paths.cases}>
          {text.product}
        </a>
        {caller !== undefined && isOfCourt(caller) && (
          <nav class="masthead-nav" aria-label={text.navigation}>
            <a href={paths.cases}>{text.cases.title}</a>
            {caller.role !== 'clerk' && <a href={paths.reviews}>{text.who.reviews.title}</a>}
            <a href={paths.candidates}>{text.who.candidates.title}</a>
          </nav>
        )}
        <div class="masthead-tools">
          <span class="masthead-zone">{text.beijingTime}</span>
          <a class="masthead-language" href={visit.inOtherLanguage} lang={language === 'en' ? 'zh-CN' : 'en'}>
            {text.otherLanguage}
          </a>
          {caller !== undefined && (
            <form class="masthead-user" method="post" action={paths.signOut}>
              <span>
                {text.roles[caller.role]} <span class="masthead-id">{idOf(caller)}</span>
              </span>
              <button class="button-plain" type="submit">
                {text.signOut}
              </button>
            </form>
          )}
        </div>
      </div>
    </header>
  );
}

function idOf(caller: NonNullable<Visit['caller']>): string {
  if (caller.role === 'judge') return caller.judge;
  if (caller.role === 'department') return caller.department;
  return caller.role === 'administrator' ? '' : caller.court;
}
