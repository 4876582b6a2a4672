import { z } from 'zod';
import { answers } from '../client.js';
import { expectThat, person, type Stage, type Story } from './stage.js';

const COURT = '黔0112';
const DEBT = '400000.00';
const CENTRE = 'BDC';
const TRANSFER = 'WD-BDC-0318';

const seller = person('封某全', '520112196803150003');
const others = [person('甲某', '52011219750822000X'), person('乙某', '520112197906110009')];
const unit = { type: 'property-unit', number: '520112999999GB00001F00010001' } as const;

const transfer = {
  service: 'BDC-01',
  reference: TRANSFER,
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
    const judge = stage.judge(COURT);
    const centre = stage.department(CENTRE);

    const opened = await stage.scene('open', answers.opened, () => open(stage));
    const [first, ...joint] = opened.defaulters;
    expectThat(first !== undefined && joint.length === 2, 'three joint defaulters in the case');
    const done = { caseId: opened.id, caseNumber: opened.caseNumber };

    await stage.moment('published', async () => {
      await stage.acknowledged(clerk, opened.id, 'publish');
    });

    const held = await stage.scene('ask', z.object({ id: z.string(), comparedAt: z.string() }), async () => {
      const hit = await stage.hit(CENTRE, 'ask', transfer, 'REVIEW');
      const gates = ['LISTING', 'SEAL'].every((measure) => hit.measures.includes(measure));
      expectThat(gates, 'the sale to be held by the listing and by the seal on this very unit');
      stage.say(
        '卖房人申请转移登记，不动产登记中心比对命中，业务暂停待核',
        'the seller asks to register the transfer: the comparison hits, the business is held for review',
      );
      return hit;
    });

    await stage.moment('held', async () => {
      const feedback = { action: 'held', identity: 'same', at: held.comparedAt };
      const path = `/v1/interceptions/${held.id}/feedback`;
      await centre.post(path, feedback, stage.key('held'), answers.taken);
    });

    await stage.moment('read', async () => {
      const name = 'the held sale';
      const isHeldSale = (item: { kind: string; interception?: string | undefined }) =>
        item.kind === 'interception' && item.interception === held.id;
      await stage.inbox(judge.api, 'read', name, isHeldSale);
      stage.say('拦截已反馈，承办法官在收件箱阅知', 'the judge is told, and reads it in the inbox');
    });

    await stage.moment('directive', async () => {
      const directive = { type: 'PROCEEDS_TO_COURT', note: '准予出售，售房款汇入法院执行款专户' };
      const path = `/v1/interceptions/${held.id}/directives`;
      await judge.api.post(path, directive, stage.key('directive'), answers.taken);
      stage.say('法官指令：准予出售，价款汇入法院账户', 'the judge directs: sell, the proceeds to the court');
    });

    await stage.moment('directed', async () => {
      let after = 0;
      await stage.until('the DIRECTIVE at the registration centre', async () => {
        for (;;) {
          const page = await centre.get(`/v1/notices?after=${after}&limit=200`, answers.notices);
          const seen = page.items.some(
            (notice) =>
              notice.kind === 'DIRECTIVE' &&
              notice.directive?.type === 'PROCEEDS_TO_COURT' &&
              notice.interceptions?.some((one) => one.id === held.id),
          );
          if (seen) return true;
          if (page.served <= after) return undefined;
          after = page.served;
        }
      });
      stage.say('不动产登记中心收到指令', 'the registration centre has the directive');
    });

    await stage.scene('repayment', answers.repaid, async () => {
      const repayment = {
        reference: 'LX-WD-0001',
        amount: DEBT,
        receivedOn: stage.day(0),
        source: 'sale-proceeds',
        interception: held.id,
      };
      const path = `/v1/cases/${opened.id}/repayments`;
      const repaid = await clerk.post(path, repayment, stage.key('repayment'), answers.repaid);
      expectThat(repaid.outstanding === '0.00' && repaid.surplus === '0.00', 'the debt to be paid to the fen');
      stage.say('售房款 400,000.00 元到账，债务全部履行', 'the 400,000.00 yuan arrive: the debt is performed');
      return repaid;
    });

    // At once: no wait stands between the answer to the repayment and these.
    await stage.moment('others-free', async () => {
      for (const [index, party] of others.entries()) {
        const business = { service: 'AIC-01', reference: `QY-${index + 1}`, party };
        await stage.clear('AIC', `others-free-${index + 1}`, business);
      }
      stage.say('另两名连带债务人即刻可办企业登记', 'the two joint debtors may register a company at once');
    });

    await stage.moment('seal-stays', async () => {
      const view = await stage.case(clerk, opened.id);
      const live = view.defaulters.flatMap((one) => one.restrictions.filter((r) => r.endedAt === undefined));
      const isSealAlone = live.length === 1 && live[0]?.measure === 'SEAL';
      expectThat(isSealAlone, 'the seal alone to stay once the debt is performed');
    });

    await stage.moment('task', async () => {
      const name = 'the task to decide on the seal';
      const isTask = (item: { kind: string; defaulter?: string | undefined }) =>
        item.kind === 'decide-restriction' && item.defaulter === first.id;
      await stage.inbox(judge.api, 'task', name, isTask);
      stage.say(
        '三人失信、限消已解除；查封须由法官另行解除',
        'all three are free; the seal waits for the judge’s own act',
      );
    });

    await stage.moment('unseal', async () => {
      const decision = { type: 'release', ground: 'performed', defaulter: first.id, measures: ['SEAL'] };
      const path = `/v1/cases/${opened.id}/decisions`;
      await judge.api.post(path, decision, stage.key('unseal'), answers.taken);
      stage.say('法官解封房屋', 'the judge unseals the house');
    });

    await stage.moment('resumed', async () => {
      await stage.resumed(clerk, opened.id, CENTRE);
      await stage.clear(CENTRE, 'ask-again', transfer);
      stage.say('转移登记恢复办理，复核通过', 'the transfer resumes; the same business is now clear');
    });

    await stage.acknowledged(clerk, opened.id, 'release');
    await stage.closed(clerk, opened.id);
    return done;
  },
};

function open(stage: Stage): Promise<z.output<typeof answers.opened>> {
  const decided = stage.day(-30);
  const filedOn = stage.day(-120);
  const year = filedOn.slice(0, 4);
  const defaulter = (party: typeof seller, sealed: boolean) => ({
    ...party,
    ground: 1,
    conduct: '有履行能力而拒不履行生效法律文书确定义务',
    decision: { number: `（${year}）黔0112执1018号之一`, madeOn: decided },
    measures: [
      'LISTING',
      'CONSUMPTION',
      ...(sealed
        ? [{ measure: 'SEAL', decision: { number: `（${year}）黔0112执1018号之二`, madeOn: decided }, asset: unit }]
        : []),
    ],
  });
  const body = {
    caseNumber: `（${year}）黔0112执1018号`,
    court: COURT,
    judge: stage.judge(COURT).id,
    filedOn,
    basis: { number: `（${year}）黔0112民初206号`, issuer: '贵阳市乌当区人民法院' },
    obligation: { amount: DEBT, content: '偿还村镇银行借款' },
    defaulters: [defaulter(seller, true), ...others.map((party) => defaulter(party, false))],
  };
  return stage.open(COURT, body, {
    zh: '立案：三名连带债务人欠款 400,000.00 元，列入失信、限制消费，查封房屋',
    en: 'a case opens: three joint debtors owe 400,000.00 yuan; listed, restricted, the house sealed',
  });
}
