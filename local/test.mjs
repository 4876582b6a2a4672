// `npm test`: sets up what it needs, then runs every check. Parameters go to vitest.
import('./setup/node-version.mjs')
  .then((version) => {
    version.demandSupportedNode();
    return import('./setup/checks.mjs');
  })
  .then((checks) => checks.runChecks(process.argv.slice(2)))
  .then((passed) => process.exit(passed ? 0 : 1))
  .catch((error) => {
    const known = error instanceof Error && 'forPeople' in error;
    console.error(known ? error.message : error);
    process.exit(known ? error.exitCode : 1);
  });
