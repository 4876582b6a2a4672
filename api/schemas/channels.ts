import { z } from 'zod';
import { coded, complain } from './complaints.js';

export const endpoint = z
  .strictObject({
    url: z.string().min(1).max(2_000),
    signature: z.enum(['v1', 'v1a']).optional().meta({
      description:
        'v1a：另以 Ed25519 签名，可供第三方验证 / v1a: signed with Ed25519 too, so that others can tell who signed',
    }),
  })
  .meta({ id: 'EndpointInput', description: '接收通知的地址 / Where notices are sent by webhook' });

export const tokenRecipient = z
  .strictObject({
    publicKey: z
      .base64({ error: coded('public-key') })
      .transform((text, context) => {
        const bytes = Buffer.from(text, 'base64');
        return bytes.length === 32 ? bytes : complain(context, 'public-key');
      })
      .meta({ type: 'string', description: 'X25519 公钥，32 字节的 base64 / X25519 public key, 32 bytes in base64' }),
  })
  .meta({ id: 'TokenRecipient' });
