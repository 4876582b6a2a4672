// Judges get mail about their inbox, through a mail server that refuses, hangs and goes away.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar.js';
import { raise } from '../../registry/case/inbox.js';
import { readInboxItem } from '../../registry/courts/read-inbox-item.js';
import { type Mail, mailSettings, startMail } from '../../worker/loops/mail.js';
import { COURT, JUDGE } from '../builders/cases.js';
import { defaulter, person } from '../builders/parties.js';
import { eventually } from '../harness/eventually.js';
import { Mailbox } from '../harness/mailbox.js';
import { useWorld } from '../harness/world.js';

const FROM = 'cloud@court.example';
const ADDRESS = 'judge-1@court.example';
const OTHER = '黔0112-J2';

describe('mail to judges', () => {
  const world = useWorld('test');
  let mailbox: Mailbox;
  let mails: Mail[];
  let logged: string;
  beforeEach(async () => {
    [mailbox, mails, logged] = [await Mailbox.open(), [], ''];
  });
  /** Afterwards no mail is on its way any more, but one that hangs. */
  const stopAll = async (): Promise<void> => {
    await Promise.all(mails.splice(0).map((mail) => mail.stop()));
  };
  afterEach(async () => {
    await stopAll();
    await mailbox.stop();
  });

  const start = (addresses: Record<string, string> = { [JUDGE.id]: ADDRESS }): void => {
    const sink = new Writable({
      write(chunk, _encoding, done) {
        logged += String(chunk);
        done();
      },
    });
    mails.push(
      startMail({
        pool: world.pool,
        log: pino(sink),
        settings: { url: mailbox.url, from: FROM, addresses: new Map(Object.entries(addresses)) },
        retry: { firstMs: 40, longestMs: 80 },
        lookMs: 20,
      }),
    );
  };
  const open = async (): Promise<string> => (await world.open([defaulter(person('甲某'))])).id;
  let serial = 0;
  const put = async (enforcementCase: string, more: { deadline?: number; at?: number } = {}): Promise<string> => {
    const key = `test-${++serial}`;
    const item = { key, kind: 'interception' as const, enforcementCase, at: Date.now(), ...more };
    const id = await world.tx((tx) => raise(tx, item));
    if (id === null) throw new Error('the item was there already');
    return id;
  };
  const arrived = (count: number) => eventually(() => mailbox.received.length >= count);
  const state = async (item: string) => {
    const { rows } = await world.pool.query<{ judge: string; sent: boolean; failures: number; last_failure: string }>(
      'select judge, sent_at is not null as sent, failures, last_failure from judge_mail where inbox_item = $1 order by judge',
      [item],
    );
    return rows;
  };

  it('tells of a new item once: the case number, what it is, by when, and nobody’s name or number', async () => {
    const caseId = await open();
    const item = await put(caseId, { deadline: Date.parse('2026-03-05T16:00:00Z') });
    start();
    start();
    await arrived(1);
    await eventually(async () => (await state(item)).every(({ sent }) => sent));
    const [mail] = mailbox.received;
    expect([mail?.from, mail?.to]).toEqual([FROM, [ADDRESS]]);
    const body = readable(mail?.source ?? '');
    expect(body).toContain(`案号：${(await world.view(caseId)).caseNumber}`);
    expect(body).toContain('期限：2026-03-06 00:00');
    expect(body).toContain('a department has stopped business');
    expect(body).not.toMatch(/甲某|\d{17}[\dX]/);
    expect(mail?.source).toContain(`Message-ID: <${item}@court.example>`);
    const second = await put(caseId);
    await eventually(async () => (await state(second)).some(({ sent }) => sent));
    await stopAll();
    expect(mailbox.received).toHaveLength(2);
  });

  it('says nothing of what was read already, of old items, and to judges without an address', async () => {
    const caseId = await open();
    const read = await put(caseId);
    await world.tx((tx) => readInboxItem(tx, world.ring, read, { judge: JUDGE.id, courts: [COURT] }, JUDGE));
    const old = await put(caseId, { at: Date.now() - 8 * DAY_MS });
    const another = await open();
    await world.decide(another, { type: 'reassign', judge: OTHER });
    const unaddressed = await put(another);
    const fresh = await put(caseId);
    start();
    await eventually(async () => (await state(fresh)).some(({ sent }) => sent));
    await stopAll();
    expect(mailbox.received).toHaveLength(1);
    for (const item of [read, old, unaddressed]) expect(await state(item)).toEqual([]);
  });

  it('a judge who takes over a case is told of what is unread in it', async () => {
    const caseId = await open();
    const item = await put(caseId);
    start({ [JUDGE.id]: ADDRESS, [OTHER]: 'judge-2@court.example' });
    await arrived(1);
    await world.decide(caseId, { type: 'reassign', judge: OTHER });
    await arrived(2);
    expect(mailbox.received.map(({ to }) => to[0])).toEqual([ADDRESS, 'judge-2@court.example']);
    await eventually(async () => (await state(item)).every(({ sent }) => sent));
  });

  it('a mail server that is away blocks nothing: facts and inbox go on, and the mail comes when it is back', async () => {
    await mailbox.stop();
    const caseId = await open();
    start();
    const item = await put(caseId);
    await eventually(async () => ((await state(item))[0]?.failures ?? 0) >= 3);
    // It stays away until both are done.
    await world.pay(caseId, 100n);
    await world.tx((tx) => readInboxItem(tx, world.ring, item, { judge: JUDGE.id, courts: [COURT] }, JUDGE));
    const later = await put(caseId);
    await mailbox.start();
    await eventually(async () => (await state(later)).some(({ sent }) => sent));
    await stopAll();
    // Read meanwhile: no longer worth a mail.
    expect(mailbox.received).toHaveLength(1);
    expect(logged).toContain('ESOCKET');
  });

  it('one address that is refused is tried again without holding up the others, and stands in no log', async () => {
    const [refused, taken] = [await open(), await open()];
    await world.decide(taken, { type: 'reassign', judge: OTHER });
    mailbox.refusing = (address) => (address === ADDRESS ? 550 : undefined);
    const bad = await put(refused);
    const good = await put(taken);
    start({ [JUDGE.id]: ADDRESS, [OTHER]: 'judge-2@court.example' });
    await eventually(async () => (await state(good)).some(({ sent }) => sent));
    await eventually(async () => ((await state(bad))[0]?.failures ?? 0) >= 2);
    expect((await state(bad))[0]).toMatchObject({ sent: false, last_failure: 'EENVELOPE 550' });
    expect(logged).toContain('550');
    expect(logged).not.toContain('@');
    mailbox.refusing = undefined;
    await eventually(async () => (await state(bad)).some(({ sent }) => sent));
  });

  it('a mail server that says nothing keeps neither judges waiting nor the worker from stopping', async () => {
    const caseId = await open();
    mailbox.hanging = true;
    const item = await put(caseId);
    start();
    await eventually(() => mailbox.attempts > 0);
    await world.tx((tx) => readInboxItem(tx, world.ring, item, { judge: JUDGE.id, courts: [COURT] }, JUDGE));
    await stopAll();
    // Done with both while the one attempt still hangs: it has neither failed nor been made again.
    expect([(await state(item)).map(({ failures }) => failures), mailbox.attempts]).toEqual([[0], 1]);
  });
});

describe('its settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'enforcement-mail-'));
  const file = join(folder, 'judges.json');
  const given = (content: string, change: NodeJS.ProcessEnv = {}) => {
    writeFileSync(file, content);
    return mailSettings({ SMTP_URL: 'smtp://127.0.0.1:25', MAIL_FROM: FROM, JUDGE_MAIL_FILE: file, ...change });
  };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are all there or none', () => {
    expect(mailSettings({})).toBeUndefined();
    expect(given(JSON.stringify({ [JUDGE.id]: ADDRESS }))?.addresses).toEqual(new Map([[JUDGE.id, ADDRESS]]));
    expect(() => mailSettings({ SMTP_URL: 'smtp://127.0.0.1' })).toThrow('set all three, or none');
  });

  it('that are wrong are named, without their values', () => {
    const book = JSON.stringify({ [JUDGE.id]: ADDRESS });
    expect(() => given(book, { SMTP_URL: 'http://127.0.0.1' })).toThrow('SMTP_URL');
    expect(() => given(book, { MAIL_FROM: 'cloud' })).toThrow('MAIL_FROM');
    expect(() => given(book, { JUDGE_MAIL_FILE: join(folder, 'none.json') })).toThrow('ENOENT');
    expect(() => given('{')).toThrow('not JSON');
    expect(() => given('[]')).toThrow('the whole file');
    expect(() => given(JSON.stringify({ [JUDGE.id]: 'secret' }))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});

/** Headers and body decoded: they come as base64 or quoted-printable. */
function readable(source: string): string {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  return /base64/i.test(head)
    ? Buffer.from(body, 'base64').toString('utf8')
    : Buffer.from(
        body
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8');
}
