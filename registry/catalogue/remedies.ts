// What the counter hands to the person who was stopped: how to end it, how to object (domain handbook §3.4, §9 no. 9).

export interface Remedies {
  howToEnd: string;
  howToObject: string;
}

// 失信名单规定 art. 10 and 11-12.
const GENERAL: Remedies = {
  howToEnd:
    '请联系作出决定的法院履行义务；履行完毕后限制即行解除。 / Contact the court that decided and perform the obligation: the restriction ends at once when it is performed.',
  howToObject:
    '对列入决定可向该法院书面申请纠正，法院十五日内审查；对驳回决定可在十日内向上一级法院申请复议。 / Ask that court in writing to correct it (decided within 15 days); against a rejection, ask the next higher court within 10 days.',
};

// 限制高消费规定 art. 3 item 7 reaches the fee of a private school, not the child: 未成年人保护法 art. 28, 义务教育法 art. 4, 法发〔2019〕35号.
const AT_SCHOOL: Remedies = {
  howToEnd: `${GENERAL.howToEnd} 仅暂缓高收费民办学校的入学手续，子女可随时到公办学校入学，接受普通教育的权利不受影响；任何学校不得因此开除或劝退学生，学期中不作任何处理。本结果只告知家长。 / Only enrolment at a school charging above the normal standard waits: the child may enrol at a public school at any time, and the right to ordinary schooling is untouched; no school may expel a pupil for this, and nothing is done during term. This is for the parents alone.`,
  howToObject: `${GENERAL.howToObject} 认为该学校或该子女的情形不应受限的，也可向该法院书面提出，由承办法官重新核定；其间子女可先到公办学校就读。 / Where the school or the child's situation should not be reached, write to that court: the judge of the case decides anew; meanwhile the child may attend a public school.`,
};

/** The texts for one stop, zh-CN and English; `atSchool`: the service touches a child's schooling (R6). */
export const remedies = (atSchool: boolean): Remedies => (atSchool ? AT_SCHOOL : GENERAL);
