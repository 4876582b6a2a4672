import type { z } from 'zod';
import type { InputError } from '../../domain/refusal.js';
import { escaped } from './body.js';
import { Problem } from './problem.js';

/**
 * Reads an input by its schema. Throws Problem `invalid` with a JSON Pointer and a code for every fault; `at` is where the value stands
 * in the request's body.
 */
export function read<S extends z.ZodType>(schema: S, value: unknown, at = ''): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  // The first complaint about a place is the one to mend; the others follow from it.
  const errors = new Map<string, InputError>();
  for (const error of inputErrors(result.error.issues, at))
    if (!errors.has(error.pointer)) errors.set(error.pointer, error);
  throw new Problem('invalid', { errors: [...errors.values()] });
}

type Issue = z.core.$ZodIssue;

function inputErrors(issues: readonly Issue[], at: string): InputError[] {
  return issues.flatMap((issue) => {
    const pointer = at + pointerTo(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: `${pointer}/${escaped(key)}`, code: 'unknown-member' }));
    }
    if (issue.code === 'invalid_union' && !issue.message.startsWith('#')) {
      const branch = bestBranch(issue.errors);
      if (branch) return inputErrors(branch, pointer);
    }
    return [{ pointer, code: codeOf(issue) }];
  });
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${typeof part === 'number' ? part : escaped(String(part))}`).join('');
}

/** Of a union's branches the one the sender meant: it has the right shape and faults only inside. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
}

function codeOf(issue: Issue): string {
  if (issue.message.startsWith('#')) return issue.message.slice(1);
  switch (issue.code) {
    case 'invalid_union':
      if (issue.discriminator !== undefined)
        return isAbsent(issue.input, issue.discriminator) ? 'required' : 'unknown-type';
      return issue.input === undefined ? 'required' : 'invalid';
    case 'invalid_type':
    case 'invalid_value':
      return issue.input === undefined ? 'required' : 'invalid';
    case 'too_big':
      return issue.origin === 'string' ? 'too-long' : issue.origin === 'array' ? 'too-many' : 'out-of-range';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'required' : 'out-of-range';
    default:
      return 'invalid';
  }
}

const isAbsent = (value: unknown, member: string): boolean =>
  typeof value === 'object' && value !== null && !Object.hasOwn(value, member);
