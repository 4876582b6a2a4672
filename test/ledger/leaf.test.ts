// Leaves of the log: one way to write each, and what it tells of whom.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { commitToDocument, commitToSubject, freshSalt, leafHash, makeLeaf } from '../../ledger/leaf.js';

describe('canonical JSON (RFC 8785)', () => {
  it('sorts members by UTF-16 code units and writes no white space', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '😀': 'Emoji',
      '\u0080': 'Control',
      ö: 'Latin',
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin","€":"Euro Sign","😀":"Emoji","\ufb33":"Hebrew"}',
    );
  });

  it('writes numbers and escapes as the RFC shows', () => {
    expect(
      canonicalJson({
        numbers: [JSON.parse('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
        string: '€$\u000f\nA\'B"\\\\"/',
      }),
    ).toBe('{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
  });

  it('refuses what JSON cannot carry', () => {
    expect(() => canonicalJson('\ud800')).toThrow(TypeError);
    expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
  });

  it('means the same as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('a leaf', () => {
  it('has the RFC 6962 hash of its stored bytes', () => {
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(leafHash(Buffer.of(0)).toString('hex')).toBe(
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    );
  });

  it('leaves out what is not there and says its version', () => {
    const leaf = makeLeaf({ id: 'a', key: 'k:a', type: 'repayment', at: '2026-01-01T00:00:00.000Z', actor: 'clerk:x' });
    expect(leaf.bytes.toString()).toBe(
      '{"actor":"clerk:x","at":"2026-01-01T00:00:00.000Z","id":"a","key":"k:a","type":"repayment","v":1}',
    );
  });

  it('is at most 8 KiB', () => {
    expect(() => makeLeaf({ id: 'a', key: 'k'.repeat(9000), type: 't', at: '', actor: '' })).toThrow(RangeError);
  });

  it('commitments to one person cannot be joined, and open only with their salt', () => {
    const [one, two] = [freshSalt(), freshSalt()];
    expect(commitToSubject(one, 'x')).not.toBe(commitToSubject(two, 'x'));
    expect(commitToSubject(one, 'x')).toBe(commitToSubject(one, 'x'));
    expect(commitToDocument(one, { amount: '1.00' })).not.toBe(commitToDocument(one, { amount: '2.00' }));
  });
});
