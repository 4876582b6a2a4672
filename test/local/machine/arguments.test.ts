// What may be written behind npm start, and what is said of the rest.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../local/machine/arguments.mjs';
import { rootFolder } from '../../../local/machine/paths.mjs';

describe('the arguments of npm start', () => {
  it('has a default for everything', () => {
    expect(readArguments([])).toEqual({ port: 8080, data: join(rootFolder, '.data'), empty: false, help: false });
  });

  it('takes values after a space or an equals sign', () => {
    const expected = { port: 9000, data: '/srv/data', empty: true, help: false };
    expect(readArguments(['--port', '9000', '--data', '/srv/data', '--empty'])).toEqual(expected);
    expect(readArguments(['--port=9000', '--data=/srv/data', '--empty'])).toEqual(expected);
  });

  it('takes a relative folder from where the command was typed', () => {
    expect(readArguments(['--data', 'here'], '/srv').data).toBe('/srv/here');
  });

  it.each([
    ['--port'],
    ['--port', '0'],
    ['--port', '65536'],
    ['--port', '80a'],
    ['--data'],
    ['--data', '--empty'],
    ['--unknown'],
    ['constructor'],
    ['9000'],
  ])('says what is wrong with %s %s', (...parameters) => {
    expect(() => readArguments(parameters)).toThrow(expect.objectContaining({ exitCode: 2, forPeople: true }));
  });
});
