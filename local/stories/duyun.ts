import { z } from 'zod';
import { answers } from '../client.js';
import { expectThat, person, type Stage, type Story } from './stage.js';

const COURT = '黔2701';
const DEBT = '86000.00';

const debtor = person('何某', '522701197310180001');

const plan = { service: 'PLN-01', reference: 'ZPT-0072', party: debtor, operator: 'window-1' } as const;
const company = { service: 'AIC-01', reference: 'QY-0415', party: debtor, operator: 'window-8' } as const;

const interception = z.object({ id: z.string(), comparedAt: z.string() });

/** Story C: listed by a court of another prefecture, stopped in Guiyang, paid there, served here. */
export const duyun: Story = {
  id: 'duyun',
  title: { zh: '都匀的债', en: 'The debt in Duyun' },

  async tell(stage) {
    const clerk = stage.clerk(COURT);
    const judge = stage.judge(COURT);

    const opened = await stage.scene('open', answers.opened, () => open(stage));
    const done = { caseId: opened.id, caseNumber: opened.caseNumber };

    await stage.moment('published', async () => {
      await stage.acknowledged(clerk, opened.id, 'publish');
    });

    const planHeld = await stage.scene('plan', interception, async () => {
      const hit = await stage.hit('PLN', 'plan', plan, 'REVIEW');
      stage.say('在贵阳送审总平面图：规划部门暂停待核', 'a layout plan handed in at Guiyang: held for review');
      return hit;
    });
    await stage.moment('plan-held', async () => {
      const feedback = { action: 'held', identity: 'same', at: planHeld.comparedAt };
      const path = `/v1/interceptions/${planHeld.id}/feedback`;
      await stage.department('PLN').post(path, feedback, stage.key('plan-held'), answers.taken);
    });

    const refused = await stage.scene('company', interception, async () => {
      const hit = await stage.hit('AIC', 'company', company, 'INTERCEPT');
      stage.say('申请设立企业任职：工商部门拦截', 'a company set up at the AIC: intercepted');
      return hit;
    });
    await stage.moment('company-refused', async () => {
      const feedback = { action: 'refused', identity: 'same', at: refused.comparedAt };
      const path = `/v1/interceptions/${refused.id}/feedback`;
      await stage.department('AIC').post(path, feedback, stage.key('company-refused'), answers.taken);
    });

    await stage.moment('read', async () => {
      for (const [step, { id }] of [['plan', planHeld] as const, ['company', refused] as const]) {
        const isThis = (item: { kind: string; interception?: string | undefined }) =>
          item.kind === 'interception' && item.interception === id;
        await stage.inbox(judge.api, `read-${step}`, `the interception "${step}"`, isThis);
      }
      stage.say('两条反馈都到了都匀的承办法官', 'both reach the judge in Duyun, who reads them');
    });

    await stage.scene('part', answers.repaid, async () => {
      const repaid = await repay(stage, opened.id, 1, '30000.00');
      expectThat(repaid.outstanding === '56000.00', '56000.00 to be outstanding after the first part');
      stage.say('在都匀法院先还 30,000.00 元，尚欠 56,000.00 元', '30,000.00 yuan paid in Duyun, 56,000.00 still owed');
      return repaid;
    });
    await stage.moment('still-refused', async () => {
      const again = await stage.hit('AIC', 'company-again', company, 'INTERCEPT');
      expectThat(again.id === refused.id, 'the repeated business to attach to the interception it already has');
      stage.say('部分履行不解除：再次比对仍被拦截', 'a part frees nobody: asked again, still intercepted');
    });

    await stage.scene('rest', answers.repaid, async () => {
      const repaid = await repay(stage, opened.id, 2, '56000.00');
      expectThat(repaid.outstanding === '0.00' && repaid.surplus === '0.00', 'the debt to be paid to the fen');
      stage.say('余款 56,000.00 元还清', 'the remaining 56,000.00 yuan are paid');
      return repaid;
    });
    // At once: no wait stands between the answer to the repayment and these.
    await stage.moment('free', async () => {
      await stage.clear('PLN', 'plan-free', plan);
      await stage.clear('AIC', 'company-free', company);
      stage.say('还清即刻，两项业务比对均通过', 'at that very moment both services are clear');
    });

    await stage.moment('resumed', async () => {
      await Promise.all(['PLN', 'AIC'].map((code) => stage.resumed(clerk, opened.id, code)));
      stage.say('规划审查、企业登记恢复办理', 'the plan’s review and the registration go on');
    });

    await stage.acknowledged(clerk, opened.id, 'release');
    await stage.closed(clerk, opened.id);
    return done;
  },
};

function repay(stage: Stage, caseId: string, part: number, amount: string): Promise<z.output<typeof answers.repaid>> {
  const repayment = { reference: `LX-DY-000${part}`, amount, receivedOn: stage.day(0), source: 'voluntary' };
  const path = `/v1/cases/${caseId}/repayments`;
  return stage.clerk(COURT).post(path, repayment, stage.key(`repayment-${part}`), answers.repaid);
}

function open(stage: Stage): Promise<z.output<typeof answers.opened>> {
  const filedOn = stage.day(-210);
  const year = filedOn.slice(0, 4);
  const body = {
    caseNumber: `（${year}）黔2701执407号`,
    court: COURT,
    judge: stage.judge(COURT).id,
    filedOn,
    basis: { number: `（${year}）黔2701民初95号`, issuer: '都匀市人民法院' },
    obligation: { amount: DEBT, content: '偿还借款本息' },
    defaulters: [
      {
        ...debtor,
        ground: 1,
        conduct: '有履行能力而拒不履行生效法律文书确定义务',
        decision: { number: `（${year}）黔2701执407号之一`, madeOn: stage.day(-60) },
        measures: ['LISTING', 'CONSUMPTION'],
      },
    ],
  };
  return stage.open(COURT, body, {
    zh: '都匀市法院立案：一人欠款 86,000.00 元，列入失信、限制消费',
    en: 'a court of another prefecture opens a case: 86,000.00 yuan owed; listed and restricted',
  });
}
