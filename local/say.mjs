// What the person at the keyboard reads while things are set up and started: every line in both languages.

/** Prints one line of progress. */
export function say(chinese, english) {
  process.stdout.write(`${chinese} · ${english}\n`);
}

/** An error meant for the person at the keyboard: printed without a stack. */
export class PlainError extends Error {
  constructor(chinese, english, exitCode = 1) {
    super(`${chinese}\n${english}`);
    this.name = 'PlainError';
    this.forPeople = true;
    this.exitCode = exitCode;
  }
}

// A reader that goes away (`npm start | head`) must not take the product down.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
