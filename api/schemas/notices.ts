import { z } from 'zod';

export const acknowledgement = z
  .strictObject({ upTo: z.int().nonnegative() })
  .meta({ id: 'Acknowledgement', description: '累计确认，不超过已提供的位置 / Cumulative, up to what was served' });
