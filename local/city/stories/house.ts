import { type ApiClient, answers } from '../client.js';
import { person } from './people.js';
import { expectThat, type Stage, type Stopped, type Story } from './stage.js';

const COURT = '黔0112';
const DEBT = '400000.00';
const CENTRE = 'BDC';

const seller = person('封某全', '520112196803150003');
const others = [person('甲某', '52011219750822000X'), person('乙某', '520112197906110009')];
const unit = { type: 'property-unit', number: '520112999999GB00001F00010001' } as const;

const transfer = {
  service: 'BDC-01',
  reference: 'WD-BDC-0318',
  party: seller,
  object: unit,
  operator: 'window-3',
} as const;

/** Story A: the debtor sells in order to pay; two measures end, each by its own act. */
export const house: Story = {
  id: 'house',
  title: { zh: '乌当的房子', en: 'The house in Wudang' },

  async tell(stage) {
    const clerk = stage.clerk(COURT);
    const judge = stage.judge(COURT).api;
    const { id, caseNumber, defaulters } = await open(stage);
    const [first, ...joint] = defaulters;
    expectThat(first !== undefined && joint.length === 2, 'three joint defaulters in the case');

    const held = await saleHeld(stage, judge);
    await saleDirected(stage, judge, held);
    const sale = { reference: 'LX-WD-0001', amount: DEBT, source: 'sale-proceeds', interception: held.id } as const;
    await stage.repay(clerk, id, 'repayment', sale, '0.00', {
      zh: '售房款 400,000.00 元到账，债务全部履行',
      en: 'the 400,000.00 yuan arrive: the debt is performed',
    });
    // At once: no wait stands between the answer to the repayment and these.
    await stage.moment('others-free', async () => {
      for (const [index, party] of others.entries()) {
        const business = { service: 'AIC-01', reference: `QY-${index + 1}`, party };
        await stage.clear('AIC', `others-free-${index + 1}`, business);
      }
      stage.say('另两名连带债务人即刻可办企业登记', 'the two joint debtors may register a company at once');
    });

    await houseUnsealed(stage, judge, id, first.id);
    await stage.moment('resumed', async () => {
      await stage.resumed(clerk, id, CENTRE);
      await stage.clear(CENTRE, 'ask-again', transfer);
      stage.say('转移登记恢复办理，复核通过', 'the transfer resumes; the same business is now clear');
    });

    await stage.closed(clerk, id);
    return { caseId: id, caseNumber };
  },
};

const open = (stage: Stage) =>
  stage.open(
    {
      court: COURT,
      serial: 1018,
      filedOn: stage.day(-120),
      decidedOn: stage.day(-30),
      basis: { serial: 206, issuer: '贵阳市乌当区人民法院' },
      debt: DEBT,
      content: '偿还村镇银行借款',
      defaulters: [{ party: seller, seized: unit }, ...others.map((party) => ({ party }))],
    },
    {
      zh: '立案：三名连带债务人欠款 400,000.00 元，列入失信、限制消费，查封房屋',
      en: 'a case opens: three joint debtors owe 400,000.00 yuan; listed, restricted, the house sealed',
    },
  );

/** The registration centre asks about the sale; the judge reads that it is held. */
async function saleHeld(stage: Stage, judge: ApiClient): Promise<Stopped> {
  const held = await stage.stop(
    CENTRE,
    'ask',
    transfer,
    'REVIEW',
    {
      zh: '卖房人申请转移登记，不动产登记中心比对命中，业务暂停待核',
      en: 'the seller asks to register the transfer: the comparison hits, the business is held for review',
    },
    ({ measures }) => {
      const gates = (['LISTING', 'SEAL'] as const).every((measure) => measures.includes(measure));
      expectThat(gates, 'the sale to be held by the listing and by the seal on this very unit');
    },
  );
  await stage.feedback(CENTRE, 'held', held, 'held');
  await stage.moment('read', async () => {
    await stage.readStop(judge, 'read', 'the held sale', held);
    stage.say('拦截已反馈，承办法官在收件箱阅知', 'the judge is told, and reads it in the inbox');
  });
  return held;
}

/** The judge lets the house be sold, with the proceeds to the court. */
async function saleDirected(stage: Stage, judge: ApiClient, held: Stopped): Promise<void> {
  await stage.moment('directive', async () => {
    const directive = { type: 'PROCEEDS_TO_COURT', note: '准予出售，售房款汇入法院执行款专户' };
    const path = `/v1/interceptions/${held.id}/directives`;
    await judge.post(path, directive, stage.key('directive'), answers.taken);
    stage.say('法官指令：准予出售，价款汇入法院账户', 'the judge directs: sell, the proceeds to the court');
  });
  await stage.moment('directed', async () => {
    await stage.noticed(
      CENTRE,
      'the DIRECTIVE',
      ({ kind, directive, interceptions = [] }) =>
        kind === 'DIRECTIVE' &&
        directive?.type === 'PROCEEDS_TO_COURT' &&
        interceptions.some((one) => one.id === held.id),
    );
    stage.say('不动产登记中心收到指令', 'the registration centre has the directive');
  });
}

/** The seal outlasts the debt: it ends by the judge's own act. */
async function houseUnsealed(stage: Stage, judge: ApiClient, caseId: string, owner: string): Promise<void> {
  await stage.moment('seal-stays', async () => {
    const view = await stage.case(judge, caseId);
    const live = view.defaulters.flatMap((one) => one.restrictions.filter((r) => r.endedAt === undefined));
    const isSealAlone = live.length === 1 && live[0]?.measure === 'SEAL';
    expectThat(isSealAlone, 'the seal alone to stay once the debt is performed');
  });

  await stage.moment('task', async () => {
    const name = 'the task to decide on the seal';
    const isTask = (item: { kind: string; defaulter?: string | undefined }) =>
      item.kind === 'decide-restriction' && item.defaulter === owner;
    await stage.inbox(judge, 'task', name, isTask);
    stage.say(
      '三人失信、限消已解除；查封须由法官另行解除',
      'all three are free; the seal waits for the judge’s own act',
    );
  });

  await stage.moment('unseal', async () => {
    const decision = { type: 'release', ground: 'performed', defaulter: owner, measures: ['SEAL'] };
    const path = `/v1/cases/${caseId}/decisions`;
    await judge.post(path, decision, stage.key('unseal'), answers.taken);
    stage.say('法官解封房屋', 'the judge unseals the house');
  });
}
