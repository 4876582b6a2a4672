/** What was refused about an input: a JSON Pointer (RFC 6901) into the request body, and a stable code. */
export interface InputError {
  pointer: string;
  code: string;
}

const NOT_FOUND = {
  interception: '没有此拦截记录。 / No such interception.',
  service: '目录中没有此业务。 / No such service.',
  case: '没有此案件。 / No such case.',
  party: '没有此当事人。 / No such party.',
  repayment: '没有此笔履行。 / No such repayment.',
  department: '没有此部门。 / No such department.',
  webhook: '该部门没有接收通知的地址。 / This department has no webhook.',
  exception: '没有此项例外。 / No such exception.',
  link: '没有此关联。 / No such link.',
} as const;

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

  /** An input that cannot be taken: `pointer` says where in the body, `code` what is wrong there. */
  static invalid(message: string, pointer: string, code: string): Refusal {
    return new Refusal('invalid', message, [{ pointer, code }]);
  }

  /** What is asked does not fit how things stand now. */
  static conflict(message: string, code?: string, pointer = ''): Refusal {
    return new Refusal('state-conflict', message, code === undefined ? [] : [{ pointer, code }]);
  }

  /** There is none, or it is not the caller's to know of. */
  static notFound(what: keyof typeof NOT_FOUND): Refusal {
    return new Refusal('not-found', NOT_FOUND[what]);
  }
}
