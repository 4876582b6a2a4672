import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hmacSha256 } from '../../registry/hmac.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

it.each([
  // RFC 4231, 4.2–4.4.
  [hex('0b'.repeat(20)), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    Buffer.from('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
])('is HMAC-SHA-256', (key, text, expected) => {
  expect(hmacSha256(key, text)).toBe(expected);
});

it('is what the library makes of any key and text, whatever was hashed before', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: 'binary', maxLength: 3_000 }), (bytes, text) => {
      const key = Buffer.from(bytes);
      expect(hmacSha256(key, text)).toBe(createHmac('sha256', key).update(text, 'utf8').digest('hex'));
    }),
  );
});

it('refuses a key that would have to be hashed first', () => {
  expect(() => hmacSha256(Buffer.alloc(65), '')).toThrow('64 bytes');
});
