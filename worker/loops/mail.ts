import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Backoff, backoff } from '../../domain/backoff.js';
import type { InboxKind } from '../../domain/vocabulary.js';
import type { Pool } from '../../registry/database/pool.js';
import { type DueMail, leaseDueMail, mailFailed, mailSent } from '../../registry/process/judge-mail.js';
import { Loop } from '../loop.js';

export interface MailSettings {
  /** `smtp://` or `smtps://`, with sign-in where the server wants one. */
  url: string;
  from: string;
  /** Addresses by judge: the operator's, in no table of ours. */
  addresses: ReadonlyMap<string, string>;
}

const ADDRESS = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;
const addressBook = z.record(z.string(), z.string().regex(ADDRESS));

/**
 * SMTP_URL, MAIL_FROM and JUDGE_MAIL_FILE (JSON: judge id → address); undefined where none of them is set. Throws an Error that says what is
 * missing or wrong, without a value.
 */
export function mailSettings(environment: NodeJS.ProcessEnv): MailSettings | undefined {
  const { SMTP_URL: url, MAIL_FROM: from, JUDGE_MAIL_FILE: file } = environment;
  if (!url && !from && !file) return undefined;
  if (!url || !from || !file)
    throw new Error('mail to judges needs SMTP_URL, MAIL_FROM and JUDGE_MAIL_FILE: set all three, or none');
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol))
    throw new Error('SMTP_URL is no address of a mail server: give smtp://host:port or smtps://host:port');
  if (!ADDRESS.test(from)) throw new Error('MAIL_FROM is no mail address');
  return { url, from, addresses: readAddresses(file) };
}

function readAddresses(file: string): ReadonlyMap<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it is not JSON';
    throw new Error(`JUDGE_MAIL_FILE could not be read: ${why}`);
  }
  const read = addressBook.safeParse(content);
  if (read.success) return new Map(Object.entries(read.data));
  const judges = read.error.issues.map((issue) => issue.path.join('/')).join(', ');
  throw new Error(`JUDGE_MAIL_FILE: give {"judge id": "address"}; not an address: ${judges || 'the whole file'}`);
}

/** A mail server that is away is asked again soon, then ever less often. */
const BACKOFF: Backoff = { firstMs: 30_000, longestMs: 3_600_000 };
/** Longer than any attempt takes. */
const LEASE_MS = 120_000;
const AT_ONCE = 10;
const LOOK_MS = 2_000;
/** The worker stops without waiting any longer for a slow mail server. */
const STOP_MS = 3_000;

export interface Mail {
  stop(): Promise<void>;
}

/** Mails judges what is new in their inbox. A loop of its own: a mail server that fails or hangs holds up nothing else. */
export function startMail({
  pool,
  log,
  settings,
  retry = BACKOFF,
  lookMs = LOOK_MS,
}: {
  pool: Pool;
  log: Logger;
  settings: MailSettings;
  /** Tests have shorter times. */
  retry?: Backoff;
  lookMs?: number;
}): Mail {
  const { url, from, addresses } = settings;
  const transport = createTransport({
    url,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const judges = [...addresses.keys()];
  const send = async (mail: DueMail): Promise<void> => {
    const to = addresses.get(mail.judge);
    if (to === undefined) return;
    try {
      await transport.sendMail({ ...messageOf(mail, from), from, to });
    } catch (error) {
      // The error's text repeats addresses: only its codes are kept.
      const why = failureOf(error);
      log.warn(
        { loop: 'mail', item: mail.item, failures: mail.failures + 1, why },
        'a mail was not taken, will go again',
      );
      await mailFailed(pool, mail, why, backoff(retry, mail.failures + 1, Math.random()));
      return;
    }
    await mailSent(pool, mail);
  };
  const loop = new Loop({
    name: 'mail',
    log,
    idleMs: lookMs,
    work: async () => {
      const due = await leaseDueMail(pool, judges, AT_ONCE, LEASE_MS);
      await Promise.all(due.map(send));
      return due.length === AT_ONCE;
    },
  });
  return {
    stop: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref());
      await Promise.race([loop.stop(), late]);
      transport.close();
    },
  };
}

function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const parts = [
    'code' in error ? error.code : undefined,
    'responseCode' in error ? error.responseCode : undefined,
  ].filter((part) => typeof part === 'string' || typeof part === 'number');
  return parts.length > 0 ? parts.join(' ') : error.name;
}

const KINDS: { readonly [K in InboxKind]: readonly [zh: string, en: string] } = {
  interception: ['部门拦截，请阅知并答复', 'a department has stopped business: read and answer'],
  'decide-restriction': ['尚有措施待您决定', 'a measure waits for your decision'],
  'late-fact': ['结束后又收到事实', 'a fact arrived after the end'],
  reversal: ['一笔履行已撤销', 'a repayment was taken back'],
  'overdue-acknowledgement': ['部门逾期未确认', 'a department has not acknowledged in time'],
  escalation: ['期限已过，已升级督办', 'a deadline has passed and was escalated'],
};

/** Case number, what it is about and by when: nothing else leaves by mail. */
function messageOf({ item, caseNumber, kind, deadline }: DueMail, from: string) {
  const [zh, en] = KINDS[kind];
  const lines = [
    `案号：${caseNumber}`,
    `事项：${zh}`,
    ...(deadline ? [`期限：${inShanghai(deadline)}（北京时间）`] : []),
    '详情请登录联合惩戒云收件箱查看。本邮件由系统发出，请勿回复。',
    '',
    `Case: ${caseNumber}`,
    `Matter: ${en}`,
    ...(deadline ? [`By: ${inShanghai(deadline)} (Asia/Shanghai)`] : []),
    'Sign in and see your inbox. Sent by a machine: please do not reply.',
  ];
  return {
    subject: `${caseNumber} ${zh} / ${en}`,
    text: `${lines.join('\n')}\n`,
    // The same item mailed twice is the same message.
    messageId: `<${item}@${from.slice(from.indexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

const CLOCK = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' });
const inShanghai = (instant: string): string => CLOCK.format(new Date(instant));
