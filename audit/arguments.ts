import { isAbsolute, join } from 'node:path';

/** A command that was given what it does not take, or not what it needs; `message` is for people. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

export interface Arguments {
  options: { readonly [name: string]: string | undefined };
  rest: string[];
}

/** `--name value` or `--name=value` for the names given, `--flag` for the flags, and what is left. Throws WrongUse. */
export function readArguments(
  words: readonly string[],
  names: readonly string[],
  flags: readonly string[] = [],
): Arguments {
  const options: { [name: string]: string } = {};
  const rest: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!word.startsWith('--')) {
      rest.push(word);
      continue;
    }
    const [name = '', given] = word.slice(2).split(/=(.*)/s);
    if (flags.includes(name)) options[name] = 'yes';
    else if (names.includes(name)) {
      const value = given ?? left.shift();
      if (value === undefined || value === '') throw new WrongUse(`--${name} 需要一个值 · takes a value`);
      options[name] = value;
    } else throw new WrongUse(`不认识的参数 · unknown argument: --${name}`);
  }
  return { options, rest };
}

/** A path as it was typed: npm runs scripts in the package's folder. */
export const typedPath = (path: string): string =>
  isAbsolute(path) ? path : join(process.env.INIT_CWD ?? process.cwd(), path);
