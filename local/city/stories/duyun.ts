import { person } from './people.js';
import { expectThat, type Story } from './stage.js';

const COURT = '黔2701';
const DEBT = '86000.00';

const debtor = person('何某', '522701197310180001');

const plan = { service: 'PLN-01', reference: 'ZPT-0072', party: debtor, operator: 'window-1' } as const;
const company = { service: 'AIC-01', reference: 'QY-0415', party: debtor, operator: 'window-8' } as const;

/** Story C: listed by a court of another prefecture, stopped in Guiyang, paid there, served here. */
export const duyun: Story = {
  id: 'duyun',
  title: { zh: '都匀的债', en: 'The debt in Duyun' },

  async tell(stage) {
    const clerk = stage.clerk(COURT);
    const judge = stage.judge(COURT);

    const opened = await stage.open(
      {
        court: COURT,
        serial: 407,
        filedOn: stage.day(-210),
        decidedOn: stage.day(-60),
        basis: { serial: 95, issuer: '都匀市人民法院' },
        debt: DEBT,
        content: '偿还借款本息',
        defaulters: [{ party: debtor }],
      },
      {
        zh: '都匀市法院立案：一人欠款 86,000.00 元，列入失信、限制消费',
        en: 'a court of another prefecture opens a case: 86,000.00 yuan owed; listed and restricted',
      },
    );

    const planHeld = await stage.stop('PLN', 'plan', plan, 'REVIEW', {
      zh: '在贵阳送审总平面图：规划部门暂停待核',
      en: 'a layout plan handed in at Guiyang: held for review',
    });
    await stage.feedback('PLN', 'plan-held', planHeld, 'held');
    const refused = await stage.stop('AIC', 'company', company, 'INTERCEPT', {
      zh: '申请设立企业任职：工商部门拦截',
      en: 'a company set up at the AIC: intercepted',
    });
    await stage.feedback('AIC', 'company-refused', refused, 'refused');

    await stage.moment('read', async () => {
      await stage.readStop(judge.api, 'read-plan', 'the interception "plan"', planHeld);
      await stage.readStop(judge.api, 'read-company', 'the interception "company"', refused);
      stage.say('两条反馈都到了都匀的承办法官', 'both reach the judge in Duyun, who reads them');
    });

    const part = { reference: 'LX-DY-0001', amount: '30000.00', source: 'voluntary' } as const;
    await stage.repay(clerk, opened.id, 'repayment-1', part, '56000.00', {
      zh: '在都匀法院先还 30,000.00 元，尚欠 56,000.00 元',
      en: '30,000.00 yuan paid in Duyun, 56,000.00 still owed',
    });
    await stage.moment('still-refused', async () => {
      const again = await stage.hit('AIC', 'company-again', company, 'INTERCEPT');
      expectThat(again.id === refused.id, 'the repeated business to attach to the interception it already has');
      stage.say('部分履行不解除：再次比对仍被拦截', 'a part frees nobody: asked again, still intercepted');
    });

    const rest = { reference: 'LX-DY-0002', amount: '56000.00', source: 'voluntary' } as const;
    await stage.repay(clerk, opened.id, 'repayment-2', rest, '0.00', {
      zh: '余款 56,000.00 元还清',
      en: 'the remaining 56,000.00 yuan are paid',
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

    await stage.closed(clerk, opened.id);
    return { caseId: opened.id, caseNumber: opened.caseNumber };
  },
};
