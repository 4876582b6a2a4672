/** What was refused about an input: a JSON Pointer (RFC 6901) into the request body, and a stable code. */
export interface InputError {
  pointer: string;
  code: string;
}

export type RefusalCode = 'invalid' | 'state-conflict' | 'not-found';

/** A fact that the rules do not admit. Nothing was written; the code and pointers say what to mend, never an input value. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly errors: InputError[] = [],
  ) {
    super(message);
  }
}
