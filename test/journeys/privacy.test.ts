// The stories are told by a whole product: afterwards no file of the run holds a person.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedProduct, startProduct } from '../harness/product.js';

// The people of the stories: their names and numbers as the story tells them to the API.
const stories = ['house', 'school', 'duyun']
  .map((story) => readFileSync(new URL(`../../local/city/stories/${story}.ts`, import.meta.url), 'utf8'))
  .join('\n');
const numbers = [...new Set(stories.match(/\b\d{17}[\dX]\b/g))];
const names = [...new Set(stories.match(/'[\u4e00-\u9fff]某[\u4e00-\u9fff]?'/g))].map((quoted) => quoted.slice(1, -1));

describe('invariant 6: no personal data outside PostgreSQL, and none readable in its files', () => {
  let product: StartedProduct;
  let metrics = '';
  beforeAll(async () => {
    product = await startProduct({ stories: true, environment: { LOG_LEVEL: 'debug' } });
    metrics = await (await fetch(`${product.url}/metrics`)).text();
    await product.stop();
  }, 150_000);
  afterAll(() => product.remove());

  it('has people to look for', () => {
    expect(numbers.length).toBeGreaterThanOrEqual(6);
    expect(names).toEqual(expect.arrayContaining(['封某全', '徐某', '陈某某', '何某']));
  });

  it('no file of the run holds a name or a number: PostgreSQL, its journal, Temporal, logs, run files', () => {
    const files = readdirSync(product.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const needles = [...names, ...numbers].flatMap((text) => [
      Buffer.from(text, 'utf8'),
      Buffer.from(text, 'utf16le'),
      Buffer.from(Buffer.from(text, 'utf8').toString('hex')),
    ]);
    const found: string[] = [];
    let control = false;
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      const content = readFileSync(path);
      if (needles.some((needle) => content.includes(needle))) found.push(path.slice(product.data.length));
      // The search works: what may be there is found in PostgreSQL's files.
      control ||= path.includes('postgres') && content.includes('comparison-hit:');
    }
    expect(found).toEqual([]);
    expect(control).toBe(true);
    expect(files.some((file) => file.name.includes('temporal'))).toBe(true);
  });

  it('neither do the metrics, nor what the product printed', () => {
    for (const text of [...names, ...numbers]) {
      expect(metrics).not.toContain(text);
      expect(product.output()).not.toContain(text);
    }
  });
});
