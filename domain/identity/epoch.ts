import { shanghaiDate } from '../calendar.js';

/** Department tokens turn by the quarter (`2026Q4`, Asia/Shanghai); the running one and the one before are live. */
export function epochOf(instantMs: number): string {
  const [year = '', month = '01'] = shanghaiDate(instantMs).split('-');
  return `${year}Q${Math.ceil(Number(month) / 3)}`;
}

/** The running epoch, then the one before. */
export function liveEpochs(instantMs: number): [string, string] {
  const running = epochOf(instantMs);
  return [running, before(running)];
}

/** Whether a token of this epoch may still be compared; an older or an unknown one is TOKEN_EPOCH_EXPIRED. */
export const isLiveEpoch = (epoch: string, instantMs: number): boolean => liveEpochs(instantMs).includes(epoch);

function before(epoch: string): string {
  const [year, quarter] = [Number(epoch.slice(0, 4)), Number(epoch.slice(5))];
  return quarter === 1 ? `${year - 1}Q4` : `${year}Q${quarter - 1}`;
}
