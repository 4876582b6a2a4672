// `npm run bench:…`, `docs`, `mutate`: sets up what a compiled script needs, then runs it. Plain JavaScript without static imports: see
// start.mjs.
import('./setup/node-version.mjs')
  .then((version) => {
    version.demandSupportedNode();
    return import('./setup/prepare.mjs');
  })
  .then((prepare) => prepare.runScript(process.argv[2]))
  .then((code) => process.exit(code))
  .catch((error) => {
    const known = error instanceof Error && 'forPeople' in error;
    console.error(known ? error.message : error);
    process.exit(known ? error.exitCode : 1);
  });
