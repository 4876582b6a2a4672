import { z } from 'zod';
import { complain } from './complaints.js';

const bytes = (length: number | { atMost: number }, description: string) =>
  z
    .string()
    .transform((text, context) => {
      const decoded = Buffer.from(text, 'base64');
      const fits = typeof length === 'number' ? decoded.length === length : decoded.length <= length.atMost;
      return fits && decoded.length > 0 && decoded.toString('base64') === text
        ? decoded
        : complain(context, 'not-base64');
    })
    .meta({ type: 'string', format: 'byte', description });

const signature = bytes(64, 'Ed25519, base64');

export const signingKey = z
  .strictObject({
    publicKey: bytes(32, 'Ed25519, 32 bytes, base64'),
    value: signature.meta({
      description: '对 "jec-signing-key/1\\n" + department:CODE 或 court:CODE 的签名 / of whose key it is',
    }),
  })
  .meta({ id: 'SigningKeyInput' });

export const factSignature = z
  .strictObject({
    kid: z.string().regex(/^[0-9a-f]{16}$/),
    leaf: bytes({ atMost: 2_048 }, '未附 sig 的叶子，规范 JSON / The leaf without sig, canonical JSON'),
    value: signature.meta({ description: '对 "jec-leaf/1\\n" + leaf 的签名 / over the prefix and the leaf' }),
  })
  .meta({ id: 'FactSignature' });
