// Names that sound or look alike share the keys by which court staff find them.

import { describe, expect, it } from 'vitest';
import { scriptKey, soundKeys } from '../../../registry/parties/name-keys.js';

const sharesSound = (a: string, b: string) => soundKeys(a).some((key) => soundKeys(b).includes(key));

describe('the keys by which court staff find a name', () => {
  it.each([
    ['張偉', '张伟'],
    ['單國強', '单国强'],
    ['蕭 紅', '萧红'],
    ['阿卜杜拉•買買提', '阿卜杜拉·买买提'],
  ])('%s is %s in simplified characters', (traditional, simplified) => {
    expect(scriptKey(traditional)).toBe(scriptKey(simplified));
  });

  it.each([
    ['张伟', '章玮'],
    ['张伟', 'Zhāng Wěi'],
    ['張偉', 'ZHANG WEI'],
    ['曾华', '增华'],
    ['曾华', 'ceng hua'],
    ['单丹', 'SHAN DAN'],
    ['单行乐', 'SHAN XINGLE'],
    ['单行乐', 'Chan Hengyue'],
    ['吕布', 'Lyu Bu'],
    ['吕布', 'lü bu'],
    ['吕布', 'LV BU'],
    ['José Núñez', 'JOSE NUNEZ'],
  ])('%s and %s sound alike', (one, two) => {
    expect(sharesSound(one, two)).toBe(true);
  });

  it.each([
    ['张伟', '李伟'],
    ['张伟', '张三'],
    ['Ana', 'Anna'],
  ])('%s and %s do not', (one, two) => {
    expect(sharesSound(one, two)).toBe(false);
  });

  it('are few, however many readings a long name has, and none is empty', () => {
    expect(soundKeys('曾'.repeat(40)).length).toBeLessThanOrEqual(64);
    expect(soundKeys('·')).toEqual([]);
    expect(soundKeys('𬱖')).not.toEqual([]);
  });
});
