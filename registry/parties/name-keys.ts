import { nameKey } from '../../domain/name.js';
import han from '../data/han.json' with { type: 'json' };

// Keys by which court staff find a name that was written otherwise: in traditional characters, by ear, or in Latin letters. They serve the search for
// candidates alone. Their data stand in a file of ours, not in a library: one that changed a reading would leave people on record unfound.

/**
 * A name whose characters have many readings is indexed under so many of their combinations: no character has more than four, so a name of three is
 * found by each of its readings.
 */
const SOUNDS_AT_MOST = 64;

const simplified = new Map<string, string>();
const readings = new Map<string, string[]>();

function load(): void {
  const pairs = Array.from(han.simplified);
  for (let at = 0; at + 1 < pairs.length; at += 2) simplified.set(pairs[at] ?? '', pairs[at + 1] ?? '');
  for (const [syllable, characters] of Object.entries(han.readings)) {
    for (const character of characters) readings.set(character, [...(readings.get(character) ?? []), syllable]);
  }
}

/** The name as it is compared, in simplified characters. */
export function scriptKey(name: string): string {
  if (simplified.size === 0) load();
  return Array.from(nameKey(name), (character) => simplified.get(character) ?? character).join('');
}

/** How the name may sound: Latin letters without tones, marks, dots and blanks. 张伟 and `Zhāng Wěi` have the key `zhangwei` in common. */
export function soundKeys(name: string): string[] {
  let keys = [''];
  for (const character of scriptKey(name)) {
    const sounds = readings.get(character) ?? [plain(character)];
    keys = keys.flatMap((key) => sounds.map((sound) => key + sound)).slice(0, SOUNDS_AT_MOST);
  }
  return [...new Set(keys.map(withoutU))].filter((key) => key !== '');
}

const plain = (character: string): string =>
  character
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** ü is written u, v or, after l and n, yu (passports). */
const withoutU = (key: string): string => key.replaceAll('v', 'u').replace(/([ln])yu/g, '$1u');
