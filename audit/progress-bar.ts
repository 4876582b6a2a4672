const WIDTH = 40;
const EVERY_MS = 200;

/** How far a long check has come, on standard error: a bar in a terminal, a line now and then elsewhere. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr): {
  show(done: number, all: number): void;
  end(): void;
} {
  const began = Date.now();
  let saidAt = began;
  let drawn = false;
  return {
    show: (done, all) => {
      const now = Date.now();
      if (now - saidAt < (stream.isTTY ? EVERY_MS : 25 * EVERY_MS) && done < all) return;
      saidAt = now;
      const share = all === 0 ? 1 : done / all;
      const rate = Math.round(done / Math.max((now - began) / 1_000, 0.001));
      const text = `${String(Math.floor(share * 100)).padStart(3)}% ${done}/${all} (${rate}/s)`;
      if (stream.isTTY) {
        const full = Math.round(share * WIDTH);
        stream.write(`\r[${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}] ${text}`);
        drawn = true;
      } else stream.write(`${text}\n`);
    },
    end: () => {
      if (drawn) stream.write('\n');
    },
  };
}
