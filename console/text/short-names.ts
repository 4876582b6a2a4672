import type { Language } from './index.js';

// What fits into a cell of the matrix. The full name stands beside it for everybody who hears the page or points at the cell.

const SHORT: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  BDC: ['不动产', 'Real estate'],
  EDU: ['教育', 'Education'],
  PLN: ['规划', 'Planning'],
  AIC: ['工商', 'Companies'],
  PSB: ['公安', 'Police'],
  VEH: ['车管', 'Vehicles'],
  CIV: ['民政', 'Civil affairs'],
  JUS: ['司法', 'Justice'],
  FIN: ['财政', 'Finance'],
  HRS: ['人社', 'Social security'],
  LAN: ['国土', 'Land'],
  ECO: ['生态', 'Ecology'],
  HOU: ['住建', 'Housing'],
  URB: ['城管', 'City care'],
  TRA: ['交通', 'Transport'],
  WAT: ['水务', 'Water'],
  AGR: ['农业', 'Farming'],
  COM: ['商务', 'Trade'],
  CUL: ['文广', 'Culture'],
  HEA: ['卫健', 'Health'],
  QTS: ['质监', 'Quality'],
  FDA: ['食药监', 'Food, drugs'],
  WSA: ['安监', 'Work safety'],
  TOU: ['旅游', 'Tourism'],
  SAS: ['国资', 'State assets'],
  DRC: ['发改', 'Reform'],
  IIT: ['工信', 'Industry'],
  SCI: ['科技', 'Science'],
  BDA: ['大数据', 'Big data'],
  INV: ['投促', 'Investors'],
  HPF: ['公积金', 'Housing fund'],
  PRT: ['公共资源', 'Public trading'],
  TAX: ['税务', 'Tax'],
  FOF: ['金融办', 'Financial affairs'],
  PBC: ['人民银行', 'Central bank'],
  ORG: ['编办', 'Public bodies'],
};

/** A department's short name; its code where it joined after this list was written. */
export function shortName(code: string, language: Language): string {
  const found = SHORT[code];
  if (found === undefined) return code;
  return language === 'en' ? found[1] : found[0];
}
