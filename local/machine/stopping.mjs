const controller = new AbortController();

/** Aborted by the first SIGINT, SIGTERM or SIGHUP once `listenForSignals` was called; later signals change nothing. */
export const stopping = controller.signal;

/** Thrown out of whatever was under way when the person at the keyboard said stop. */
export class Stopped extends Error {
  constructor() {
    super('已停止 · stopped');
    this.name = 'Stopped';
    this.forPeople = true;
    this.exitCode = exitCodes[stopping.reason] ?? 130;
  }
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** From here on signals, and the end of the npm that started us, end the process in order and not in the middle. */
export function listenForSignals() {
  for (const signal of Object.keys(exitCodes)) process.on(signal, () => controller.abort(signal));
  if (process.env.npm_lifecycle_event) followParent();
}

/** A killed npm passes nothing on: without it nobody would know any more that this runs. */
function followParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) controller.abort('SIGTERM');
  }, 500);
  timer.unref();
}

/** The same from within: something failed, and what runs beside it must not outlive it. */
export function stopEverything() {
  controller.abort('failed');
}
