/**
 * What each `errors[].code` says: E and W codes are those of the domain handbook §8, the rest short words. Contract: added to, never
 * taken from. Codes of the rules (`registry/lives`) carry their own text in the problem's `detail`.
 */
const INPUT_CODES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  E01: ['证件号码校验不通过', 'The number fails the check of its type'],
  E02: ['缺少证件，或证件类型、签发国家有误', 'The identifier, its type or its country is missing or not known'],
  E03: ['未成年人不得纳入失信名单（第四条）', 'A minor is never listed (失信名单规定 art. 4)'],
  E04: [
    '第一项情形不得有期限，第二至六项须为 24、36、48 或 60 个月（第二条）',
    'Ground 1 has no term; grounds 2-6 need 24, 36, 48 or 60 months (失信名单规定 art. 2)',
  ],
  E05: ['法院代码不存在', 'There is no court with this code'],
  E06: ['案号格式不正确，或与法院代码不符', 'Not a case number, or not of this court'],
  E07: ['已存在同一有效记录', 'The same active listing exists already'],
  E08: ['没有可解除的记录', 'There is no such listing to release'],
  E09: ['并非列入法院', 'Not the listing court'],
  E10: ['六个月内不得再次列入', 'Not again within six months'],
  required: ['必填', 'Required'],
  'unknown-member': ['不认识的成员，请删除', 'Not a member of this message: remove it'],
  invalid: ['值不符合要求', 'Not an allowed value'],
  'invalid-text': [
    '含有不允许的字符（NUL、控制字符或不成对的代理项）',
    'Contains NUL, control characters or lone surrogates',
  ],
  'invalid-name': ['名称无效', 'Not a name'],
  'invalid-cursor': ['游标无效，请从第一页重新开始', 'Not a cursor of this list: begin with the first page'],
  'after-unserved': ['不得超过已提供的位置', 'Beyond what was served'],
  'not-served': ['不得超过已提供的位置', 'Beyond what was served'],
  'reference-reused': ['该凭证号已登记为另一金额', 'The reference is registered with another amount'],
  'still-outstanding': ['尚有未履行金额', 'Something is still outstanding'],
  'too-long': ['过长', 'Too long'],
  'too-many': ['过多', 'Too many'],
  'too-deep': ['嵌套过深', 'Nested too deeply'],
  'out-of-range': ['超出范围', 'Out of range'],
  duplicate: ['重复', 'A repetition of another entry'],
  'unknown-type': ['不认识的类型', 'Not a known type'],
  'not-a-date': ['须为真实存在的日期 YYYY-MM-DD', 'Give a calendar day as YYYY-MM-DD'],
  'not-an-instant': ['须为带时区的 RFC 3339 时间', 'Give an RFC 3339 instant with its zone'],
  'in-the-future': ['不得晚于现在', 'Lies in the future'],
  'in-the-past': ['不得早于今天', 'Lies in the past'],
  'grace-too-long': ['宽限期不得超过三个月', 'Grace is three months at most'],
  'not-money': [
    '须为以元为单位的十进制字符串，最多两位小数',
    'Give yuan as a decimal string with at most two decimals',
  ],
  'not-positive': ['须大于零', 'Must be more than zero'],
  'wrong-kind': ['该证件类型不属于此类当事人', 'This type of identifier does not belong to this kind of party'],
  'organisation-only': ['仅适用于单位', 'For organisations only'],
  'asset-required': ['查封须指明财产', 'A SEAL needs its asset'],
  'asset-only-for-seal': ['仅查封可指明财产', 'Only a SEAL has an asset'],
  'unknown-service': ['服务目录中没有此项', 'There is no such service'],
  'foreign-service': ['该业务属于其他部门', 'The service is another department’s'],
  'never-gated': ['该业务永不受限', 'This service is never restricted'],
  'unknown-judge': ['该法院没有此法官', 'There is no such judge at this court'],
  'unknown-defaulter': ['本案没有此被执行人', 'There is no such defaulter in this case'],
  'exemption-too-long': ['豁免最长一个月，且结束须晚于开始', 'An exemption ends after it begins, within one month'],
  'nothing-corrected': ['没有任何更正', 'Nothing would be corrected'],
  'already-reversed': ['该笔履行已被撤销', 'This repayment is reversed already'],
  'endpoint-url': ['须为有效网址，不含账号与片段', 'Give a URL without a sign-in and without a fragment'],
  'endpoint-not-https': ['须为 https 地址', 'Give an https address'],
  'endpoint-host': ['须使用域名，不得为 IP 地址', 'Give a host’s name, not an address'],
  'nothing-changed': ['没有任何改动', 'Name at least one member to change'],
  'enrolment-days': [
    '须在开始日之后，且至多 92 日',
    'Must not be before its beginning, nor more than 92 days after it',
  ],
  'child-data': ['不得提交未成年人的信息', 'A minor’s: never send a child’s data, only the parents’'],
  'not-base64': ['须为规定长度的 base64', 'Give base64 of the right length'],
  'bad-signature': ['签名与公钥不符', 'The signature is not by this key'],
  'unknown-key': ['不是该机构现用的公钥', 'Not the key in use of this office'],
  'key-registered': ['该公钥已登记', 'This key is registered already'],
  'unknown-interception': ['没有此拦截记录', 'There is no such interception'],
};

/** What a code says, in zh-CN and English; undefined for the codes whose text stands in the problem's `detail`. */
export function inputDetail(code: string): string | undefined {
  const texts = INPUT_CODES[code];
  return texts && `${texts[0]}。 / ${texts[1]}.`;
}
