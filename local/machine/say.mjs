// What the person at the keyboard reads while things are set up and started: every line in both languages.

let stream = process.stdout;

/** Prints one line of progress. */
export function say(chinese, english) {
  stream.write(`${chinese} · ${english}\n`);
}

/** From here on progress goes to standard error: standard output belongs to what a script has to tell. */
export function sayOnStandardError() {
  stream = process.stderr;
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
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
