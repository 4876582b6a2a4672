/** One line of a benchmark's output. `goal` and `ok` are absent where there is none. */
export interface Figure {
  figure: string;
  value: number;
  unit: string;
  goal?: number;
  ok?: boolean;
  subject?: number;
  floor?: number;
  runs?: number;
  spread?: [number, number];
}

type Measured = Omit<Figure, 'goal' | 'ok'> & { [extra: string]: unknown };

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Prints a figure on standard output. */
function print(figure: Measured): void {
  const plain = JSON.stringify(figure, (_key, value: unknown) => (typeof value === 'number' ? rounded(value) : value));
  process.stdout.write(`${plain}\n`);
}

/** A figure that has no goal. */
export const tell = (figure: Measured): void => print(figure);
/** A figure that must reach its goal. */
export const tellAtLeast = (goal: number, figure: Measured): void => withGoal(goal, figure.value >= goal, figure);
/** A figure that must not go beyond its goal. */
export const tellAtMost = (goal: number, figure: Measured): void => withGoal(goal, figure.value <= goal, figure);

function withGoal(goal: number, ok: boolean, { figure, value, ...rest }: Measured): void {
  print({ figure, value, goal, ok, ...rest });
}

/** Progress, on standard error. */
export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By linear interpolation between the neighbours. Throws RangeError on nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(index)], sorted[Math.ceil(index)]];
  if (low === undefined || high === undefined) throw new RangeError('there is nothing to measure');
  return low + (high - low) * (index - Math.floor(index));
}

export const spread = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
