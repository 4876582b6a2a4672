import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Prints registry/data/han.json: the readings and simplified forms by which court staff find a name. Where a new Unicode version changes them, names
// on record have to be indexed anew (a migration that empties subject.name_index_key). Usage: node local/setup/han-data.mjs FOLDER > registry/data/han.json

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('用法 / usage: node local/setup/han-data.mjs FOLDER   (Unihan_Readings.txt, Unihan_Variants.txt)');
  process.exit(2);
}

/** Of each character of a Unihan file the values of these fields, in the order of the fields. */
function fields(file, wanted) {
  const text = readFileSync(join(folder, file), 'utf8');
  const version = /Unicode version: ([\d.]+)/.exec(text)?.[1];
  const found = new Map();
  for (const line of text.split('\n')) {
    const [code, name, value] = line.split('\t');
    if (!code.startsWith('U+') || !wanted.includes(name)) continue;
    const character = String.fromCodePoint(Number.parseInt(code.slice(2), 16));
    found.set(character, { ...found.get(character), [name]: value });
  }
  return { version, found };
}

/** A syllable without its tone, ü as u: a counter types lü, lv, lyu or lu. */
const plain = (syllable) => syllable.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const syllablesOf = (value = '') => value.split(/[\s,]+/).map((part) => plain(part.replace(/^.*:|\(\d+\)$/g, '')));
const isPlain = (syllable) => /^[a-z]+$/.test(syllable);

const READINGS = ['kMandarin', 'kTGHZ2013', 'kXHC1983'];
const { version, found } = fields('Unihan_Readings.txt', READINGS);
const readings = {};
for (const [character, values] of found) {
  // Beyond the first plane only what the table of standard characters (通用规范汉字表) holds.
  if (character.length > 1 && !values.kTGHZ2013) continue;
  const syllables = new Set(READINGS.flatMap((field) => syllablesOf(values[field])).filter(isPlain));
  for (const syllable of syllables) readings[syllable] = (readings[syllable] ?? '') + character;
}

const variants = fields('Unihan_Variants.txt', ['kSimplifiedVariant']).found;
let simplified = '';
for (const [character, { kSimplifiedVariant }] of variants) {
  const forms = kSimplifiedVariant.split(' ').map((code) => String.fromCodePoint(Number.parseInt(code.slice(2), 16)));
  const other = forms.find((form) => form !== character);
  if (other) simplified += character + other;
}

const note = `From the Unicode Han Database (Unihan) ${version}, © Unicode, Inc., https://www.unicode.org/license.txt: ${READINGS.join(', ')} without tones, by syllable; kSimplifiedVariant, as pairs.`;
const sorted = Object.fromEntries(Object.entries(readings).sort(([a], [b]) => (a < b ? -1 : 1)));
console.log(JSON.stringify({ note, readings: sorted, simplified }, null, 1));
