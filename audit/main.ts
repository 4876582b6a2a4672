#!/usr/bin/env node
// `npx joint-enforcement-cloud witness …` and `verify …`: what courts and departments run by themselves.
import { VERIFY_USAGE, verify } from './verify.js';
import { WITNESS_USAGE, witness } from './witness-main.js';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
process.on('disconnect', () => stopping.abort());

const [command, ...words] = process.argv.slice(2);
if (command === 'witness') process.exit(await witness(words, stopping.signal));
if (command === 'verify') process.exit(await verify(words));
console.log(`${VERIFY_USAGE}\n${WITNESS_USAGE}`);
process.exit(command === undefined || command === '--help' ? 0 : 2);
