import { type ApiClient, ApiRefusal, answers } from '../client.js';
import { type Person, person } from './people.js';
import { expectThat, type Stage, type Stopped, type Story } from './stage.js';

const COURT = '黔0103';
const DEBT = '180000.00';
const SERVICE = 'EDU-01';
const SCHOOL = 'SCH-9901';
const ENROLMENT_DAYS = 30;

const parents = [
  {
    party: person('徐某', '520103197904120004'),
    line: {
      zh: '新学期入学：家长一方命中，学籍手续暂停待核',
      en: 'at enrolment one parent is hit: the pupil record waits',
    },
  },
  {
    party: person('陈某某', '520103198109260002'),
    line: {
      zh: '另一方同样命中；结果只告知家长，子女可入读公办学校',
      en: 'so is the other; only they are told, and a public school stays open to the child',
    },
  },
];
/** One enrolment: the number is the school's, and nothing in it is the child's. */
const enrolment = (party: Person) => ({
  service: SERVICE,
  reference: 'RX-0903',
  institution: SCHOOL,
  party,
  operator: 'enrolment-1',
});

/** Story B: both parents are restricted in consumption; enrolment at an above-norm-fee school waits until they have paid (R6). */
export const school: Story = {
  id: 'school',
  title: { zh: '高收费的学校', en: 'The high-fee school' },

  async tell(stage) {
    const clerk = stage.clerk(COURT);
    const judge = stage.judge(COURT).api;
    const opened = await open(stage);
    await switchedOn(stage);
    await confirmed(stage, judge, opened);
    await enrolmentsHeld(stage, judge);

    const payment = { reference: 'LX-YY-0001', amount: DEBT, source: 'voluntary' } as const;
    await stage.repay(clerk, opened.id, 'repayment', payment, '0.00', {
      zh: '父母到法院还清 180,000.00 元',
      en: 'the parents pay the 180,000.00 yuan at the court',
    });
    // At once: no wait stands between the answer to the repayment and this.
    await stage.moment('free', async () => {
      await enrolled(stage, 'free');
      stage.say('还清即刻，父母二人比对均通过', 'at that very moment both parents are clear');
    });
    await stage.moment('resumed', async () => {
      await stage.resumed(clerk, opened.id, 'EDU');
      stage.say('入学手续恢复办理', 'the enrolment goes on');
    });
    await stage.moment('off-again', async () => {
      await switchService(stage, false);
      stage.say('学校事项恢复默认关闭', 'the school is off again, as it is by default');
    });

    await stage.closed(clerk, opened.id);
    return { caseId: opened.id, caseNumber: opened.caseNumber };
  },
};

const open = (stage: Stage) =>
  stage.open(
    {
      court: COURT,
      serial: 733,
      filedOn: stage.day(-300),
      decidedOn: stage.day(-240),
      basis: { serial: 512, issuer: '贵阳市云岩区人民法院' },
      debt: DEBT,
      content: '偿还货款',
      defaulters: parents.map(({ party }) => ({ party })),
    },
    {
      zh: '立案：一对父母欠款 180,000.00 元，列入失信、限制消费',
      en: 'a case opens: two parents owe 180,000.00 yuan; listed and restricted',
    },
  );

/** What is off by default is switched on for the school's enrolment days; without the judge's word it stops nobody yet. */
async function switchedOn(stage: Stage): Promise<void> {
  await stage.moment('off', async () => {
    await enrolled(stage, 'off');
    stage.say('学校事项默认关闭：入学比对通过', 'the school is off by default: at enrolment all is clear');
  });
  await stage.moment('days', async () => {
    await enterDays(stage);
    stage.say(
      '管理员登记该校招生日期：其余日期一律不限制',
      'an administrator enters the school’s enrolment days: on all others nobody is stopped',
    );
  });
  await stage.moment('on', async () => {
    await switchService(stage, true);
    stage.say('管理员启用学校事项，留有历史', 'an administrator switches the school on, with its history');
  });
  await stage.moment('unconfirmed', async () => {
    await enrolled(stage, 'unconfirmed');
    stage.say('法官尚未就本案核定：仍然通过', 'the judge has not confirmed it for this case: still clear');
  });
}

/** The judge confirms the school for this case, and the education bureau is told. */
async function confirmed(stage: Stage, judge: ApiClient, opened: Awaited<ReturnType<typeof open>>): Promise<void> {
  await stage.moment('confirm', async () => {
    const decision = { type: 'confirm-service', service: SERVICE };
    const path = `/v1/cases/${opened.id}/decisions`;
    await judge.post(path, decision, stage.key('confirm'), answers.taken);
    stage.say('法官就本案核定', 'the judge confirms it for this case');
  });
  await stage.moment('confirmed', async () => {
    for (const { id } of opened.defaulters) {
      await stage.noticed(
        'EDU',
        'the confirmed service',
        ({ kind, defaulter, services }) => kind === 'PUBLISH' && defaulter === id && services.includes(SERVICE),
      );
    }
    stage.say('教育局收到通知', 'the education bureau is told');
  });
}

/** Each parent's enrolment is held for review; the judge reads of both. */
async function enrolmentsHeld(stage: Stage, judge: ApiClient): Promise<void> {
  const held: Stopped[] = [];
  for (const [index, { party, line }] of parents.entries()) {
    const stop = await stage.stop('EDU', `ask-${index + 1}`, enrolment(party), 'REVIEW', line, (answer) => {
      expectThat(answer.measures.join() === 'CONSUMPTION', 'the enrolment to be held by CONSUMPTION alone');
      expectThat(answer.howToEnd.includes('公办学校'), 'the answer to name the public-school path');
    });
    await stage.feedback('EDU', `held-${index + 1}`, stop, 'held');
    held.push(stop);
  }
  await stage.moment('read', async () => {
    for (const [index, stop] of held.entries()) {
      await stage.readStop(judge, `read-${index + 1}`, `the held enrolment (${index + 1})`, stop);
    }
    stage.say('承办法官在收件箱阅知', 'the judge reads both in the inbox');
  });
}

/** Both parents ask for the enrolment and are clear. */
async function enrolled(stage: Stage, step: string): Promise<void> {
  for (const [index, { party }] of parents.entries()) {
    await stage.clear('EDU', `${step}-${index + 1}`, enrolment(party));
  }
}

/** The school enrols from the day on which the story began: it is told on any day of the year, and never during this school's term. */
async function enterDays(stage: Stage): Promise<void> {
  const days = { from: stage.day(0), until: stage.day(ENROLMENT_DAYS) };
  await settled('the enrolment days', stage, async () => {
    const { items } = await stage.administrator.get('/v1/schools', answers.schools);
    const entry = items.find(({ code }) => code === SCHOOL);
    expectThat(entry !== undefined, `${SCHOOL} to be on the register of schools`);
    const { name, version, enrolment: entered } = entry;
    if (entered?.from === days.from && entered.until === days.until) return true;
    await stage.administrator.put(`/v1/schools/${SCHOOL}`, { name, enrolment: days }, version, answers.taken);
    return false;
  });
}

async function switchService(stage: Stage, enabled: boolean): Promise<void> {
  await settled(`${SERVICE} to be switched`, stage, async () => {
    const { items } = await stage.administrator.get('/v1/services', answers.services);
    const row = items.find(({ code }) => code === SERVICE);
    expectThat(row?.version !== undefined, `${SERVICE} to be in the catalogue`);
    if (row.enabled === enabled) return true;
    await stage.administrator.patch(`/v1/services/${SERVICE}`, { enabled }, row.version, answers.taken);
    return false;
  });
}

/** Edits until it stands: an edit whose answer was lost, or that somebody else overtook, is refused as stale and looked at again. */
async function settled(what: string, stage: Stage, edit: () => Promise<boolean>): Promise<void> {
  await stage.until(what, async () => {
    try {
      return (await edit()) || undefined;
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === 412) return undefined;
      throw error;
    }
  });
}
