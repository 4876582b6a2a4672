import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ApiClient, answers, type CaseView, type Compared, type Credential, type Notice } from '../client.js';
import type { FinishedStory, StoryMemory } from './memory.js';
import type { Bilingual, Narrator } from './narrator.js';
import { type Opening, openingOf } from './opening.js';

/** One story: who it is about and what happens, as calls of the public API. */
export interface Story {
  id: string;
  title: Bilingual;
  /** @throws Error naming what did not turn out as told. */
  tell(stage: Stage): Promise<{ caseId: string; caseNumber: string }>;
}

/** What a scene keeps of a stop: the interception, and when the department asked. */
export const stopped = z.object({ id: z.string(), comparedAt: z.string() });
export type Stopped = z.output<typeof stopped>;

const POLL = 200;
/** A worker or server killed in the middle is started again well within this. */
const DEADLINE = 60_000;

/** Fails the story when what it tells is not so. */
export function expectThat(holds: boolean, expectation: string): asserts holds {
  if (!holds) throw new Error(`expected ${expectation}`);
}

/** What a story is told with: its actors, its calendar, its scenes and its waits. */
export class Stage {
  constructor(
    private readonly parts: {
      story: Story;
      apiUrl: string;
      credentials: Credential[];
      memory: StoryMemory;
      narrator: Narrator;
      startedAt: Date;
    },
  ) {}

  /** How many departments have to acknowledge. */
  get departments(): number {
    return this.parts.credentials.filter((one) => one.role === 'department').length;
  }

  clerk(court: string): ApiClient {
    return this.client(`clerk of ${court}`, (one) => one.role === 'clerk' && one.court === court);
  }

  /** The first judge of a court: its id, and a client that acts for it. */
  judge(court: string): { id: string; api: ApiClient } {
    const found = this.parts.credentials.find((one) => one.role === 'judge' && one.court === court);
    if (found?.role !== 'judge') throw new Error(`the credentials name no judge of ${court}`);
    return { id: found.judge, api: this.client(`judge of ${court}`, (one) => one === found) };
  }

  department(code: string): ApiClient {
    return this.client(`department ${code}`, (one) => one.role === 'department' && one.department === code);
  }

  get administrator(): ApiClient {
    return this.client('administrator', (one) => one.role === 'administrator');
  }

  private client(who: string, is: (one: Credential) => boolean): ApiClient {
    const found = this.parts.credentials.find(is);
    if (!found) throw new Error(`the credentials name no ${who}`);
    return new ApiClient({ url: this.parts.apiUrl, token: found.token, patience: DEADLINE });
  }

  /** The Idempotency-Key of a step: the same in every telling of this story. */
  key(step: string): string {
    return `story/${this.parts.story.id}/${step}`;
  }

  /** A day in Guiyang (UTC+8 the whole year), counted from the day the story began; YYYY-MM-DD. */
  day(offset: number): string {
    return new Date(this.parts.startedAt.getTime() + (8 + 24 * offset) * 3_600_000).toISOString().slice(0, 10);
  }

  say(zh: string, en: string): void {
    this.parts.narrator.step(this.parts.story.title, zh, en);
  }

  /**
   * A scene is told once: what it found is noted and read again by a later telling. Whatever looks at a passing state belongs into one,
   * since after a restart that state is gone.
   */
  async scene<S extends z.ZodType>(name: string, found: S, act: () => Promise<z.input<S>>): Promise<z.output<S>> {
    const { memory, story } = this.parts;
    const noted = memory.scene(story.id, name);
    if (noted !== undefined) return found.parse(noted);
    const fresh = found.parse(await act());
    memory.note(story.id, name, fresh);
    return fresh;
  }

  /** A scene that finds nothing a later one needs. */
  async moment(name: string, act: () => Promise<void>): Promise<void> {
    await this.scene(name, z.literal('told'), async () => {
      await act();
      return 'told' as const;
    });
  }

  /** Asks again until there is something. @throws Error after the deadline, naming what was awaited. */
  async until<T>(awaited: string, probe: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + DEADLINE;
    for (;;) {
      const found = await probe();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`waited ${DEADLINE / 1_000} s for ${awaited}`);
      await sleep(POLL);
    }
  }

  /** The clerk opens the case; then its publish is awaited, with every department's acknowledgement. */
  async open(opening: Omit<Opening, 'judge'>, line: Bilingual): Promise<z.output<typeof answers.opened>> {
    const clerk = this.clerk(opening.court);
    const opened = await this.scene('open', answers.opened, async () => {
      const body = openingOf({ ...opening, judge: this.judge(opening.court).id });
      const made = await clerk.post('/v1/cases', body, this.key('open'), answers.opened);
      this.say(`${line.zh}（${made.caseNumber}）`, line.en);
      return made;
    });
    await this.moment('published', async () => {
      await this.acknowledged(clerk, opened.id, 'publish');
    });
    return opened;
  }

  case(court: ApiClient, id: string): Promise<CaseView> {
    return court.get(`/v1/cases/${id}`, answers.case);
  }

  /** Awaits every department's acknowledgement for every defaulter of the case, ticking as they come in. */
  async acknowledged(court: ApiClient, id: string, which: 'publish' | 'release'): Promise<CaseView> {
    const all = this.departments;
    const what =
      which === 'publish'
        ? { zh: '部门已确认发布', en: 'departments have acknowledged the publish' }
        : { zh: '部门已确认解除', en: 'departments have acknowledged the release' };
    let shown = -1;
    return this.until(`${all} acknowledgements of the ${which}`, async () => {
      const view = await this.case(court, id);
      const counts = view.defaulters.map((defaulter) => defaulter.notices[which]);
      const least = Math.min(...counts.map((one) => one.acknowledged));
      if (least !== shown) this.parts.narrator.tick(this.parts.story.title, what, least, all);
      shown = least;
      return counts.every((one) => one.sent === all && one.acknowledged === all) ? view : undefined;
    });
  }

  /** Awaits the end: every department told, every defaulter RELEASED, every restriction ended as performed, the case CLOSED. */
  async closed(court: ApiClient, id: string): Promise<void> {
    await this.acknowledged(court, id, 'release');
    const view = await this.until('the case to be CLOSED', async () => {
      const now = await this.case(court, id);
      return now.state === 'CLOSED' ? now : undefined;
    });
    expectThat(
      view.defaulters.every((one) => one.state === 'RELEASED'),
      'every defaulter of the closed case to be RELEASED',
    );
    const ends = view.defaulters.flatMap((one) => one.restrictions.map((restriction) => restriction.endGround));
    expectThat(
      ends.every((ground) => ground === 'performed'),
      'every restriction to have ended as performed',
    );
    this.say('全部解除，结案', 'all released, the case is closed');
  }

  /** Awaits the judge's inbox item that `is` the one, then reads it. */
  async inbox(
    judge: ApiClient,
    step: string,
    awaited: string,
    is: (item: z.output<typeof answers.inbox>['items'][number]) => boolean,
  ): Promise<void> {
    const item = await this.until(`${awaited} in the judge's inbox`, async () => {
      for (let cursor = ''; ; ) {
        const page = await judge.get(`/v1/inbox?limit=200${cursor}`, answers.inbox);
        const found = page.items.find(is);
        if (found || page.next === undefined) return found;
        cursor = `&cursor=${encodeURIComponent(page.next)}`;
      }
    });
    await judge.post(`/v1/inbox/${item.id}/read`, {}, this.key(step), answers.taken);
  }

  /** The judge reads, in the inbox, what was told of a stop. */
  readStop(judge: ApiClient, step: string, name: string, { id }: Stopped): Promise<void> {
    return this.inbox(judge, step, name, (item) => item.kind === 'interception' && item.interception === id);
  }

  /** A business is stopped as told; `sees` looks closer at the answer. */
  stop(
    department: string,
    step: string,
    business: object,
    outcome: 'REVIEW' | 'INTERCEPT',
    line: Bilingual,
    sees: (stop: Compared['interceptions'][number]) => void = () => undefined,
  ): Promise<Stopped> {
    return this.scene(step, stopped, async () => {
      const hit = await this.hit(department, step, business, outcome);
      sees(hit);
      this.say(line.zh, line.en);
      return hit;
    });
  }

  /** The department tells what it did with the business: it was the very person. */
  feedback(department: string, step: string, { id, comparedAt }: Stopped, action: 'held' | 'refused'): Promise<void> {
    return this.moment(step, async () => {
      const feedback = { action, identity: 'same', at: comparedAt };
      const path = `/v1/interceptions/${id}/feedback`;
      await this.department(department).post(path, feedback, this.key(step), answers.taken);
    });
  }

  /** Awaits a notice of the department that `is` the one, reading its log from the beginning. */
  async noticed(department: string, awaited: string, is: (notice: Notice) => boolean): Promise<void> {
    const reader = this.department(department);
    let after = 0;
    await this.until(`${awaited} at ${department}`, async () => {
      for (;;) {
        const page = await reader.get(`/v1/notices?after=${after}&limit=200`, answers.notices);
        if (page.items.some(is)) return true;
        if (page.served <= after) return undefined;
        after = page.served;
      }
    });
  }

  /** The clerk registers money received today; what is then owed must be as told. Amounts in yuan. */
  async repay(
    court: ApiClient,
    id: string,
    step: string,
    repayment: { reference: string; amount: string; source: 'voluntary' | 'sale-proceeds'; interception?: string },
    outstanding: string,
    line: Bilingual,
  ): Promise<void> {
    await this.scene(step, answers.repaid, async () => {
      const body = { ...repayment, receivedOn: this.day(0) };
      const repaid = await court.post(`/v1/cases/${id}/repayments`, body, this.key(step), answers.repaid);
      expectThat(
        repaid.outstanding === outstanding && repaid.surplus === '0.00',
        `${outstanding} yuan to be owed after "${step}", and nothing paid in excess`,
      );
      this.say(line.zh, line.en);
      return repaid;
    });
  }

  /** Awaits a department's feedback `resumed` in the case's timeline. */
  async resumed(court: ApiClient, id: string, department: string): Promise<void> {
    let cursor = '';
    await this.until(`feedback "resumed" of ${department} in the timeline`, async () => {
      for (;;) {
        const page = await court.get(`/v1/cases/${id}/timeline?limit=200${cursor}`, answers.timeline);
        if (page.items.some((one) => one.department === department && says(one, 'resumed'))) return true;
        if (page.next === undefined) return undefined;
        cursor = `&cursor=${encodeURIComponent(page.next)}`;
      }
    });
  }

  /** One comparison; its answer is checked to be CLEAR, with nothing said beyond that. */
  async clear(department: string, step: string, business: object): Promise<void> {
    const answer = await this.department(department).post(
      '/v1/comparisons',
      business,
      this.key(step),
      answers.compared,
    );
    expectThat(
      answer.outcome === 'CLEAR' && answer.interceptions.length === 0,
      `${department} to be told CLEAR at "${step}", not ${answer.outcome}`,
    );
  }

  /** One comparison that must hit on exactly one case with the outcome told. */
  async hit(
    department: string,
    step: string,
    business: object,
    outcome: Compared['outcome'],
  ): Promise<Compared['interceptions'][number] & Stopped> {
    const answer = await this.department(department).post(
      '/v1/comparisons',
      business,
      this.key(step),
      answers.compared,
    );
    const [interception, ...more] = answer.interceptions;
    expectThat(
      answer.outcome === outcome && interception !== undefined && more.length === 0,
      `${department} to be told ${outcome} by one case at "${step}", not ${answer.outcome} by ${answer.interceptions.length}`,
    );
    return { ...interception, comparedAt: answer.comparedAt };
  }
}

function says(item: { type: string; detail: unknown }, action: string): boolean {
  if (item.type !== 'feedback') return false;
  const { detail } = item;
  return typeof detail === 'object' && detail !== null && 'action' in detail && detail.action === action;
}

/** What is kept of a finished story. */
export function toldIn(seconds: number, end: { caseId: string; caseNumber: string }): FinishedStory {
  return { ...end, seconds: Math.round(seconds * 10) / 10 };
}
