// `npm start`. Plain JavaScript without dependencies: it must run before anything is installed, and on a Node
// that is too old it must still be able to say so. Hence no static imports and no top-level await here.
import('./setup/node-version.mjs')
  .then((version) => {
    version.demandSupportedNode();
    return import('./setup/prepare.mjs');
  })
  .then((prepare) => prepare.startProduct(process.argv.slice(2)))
  .catch((error) => {
    // Said once, without a stack, when it is a matter for the person at the keyboard.
    const known = error instanceof Error && 'forPeople' in error;
    console.error(known ? error.message : error);
    process.exit(known ? error.exitCode : 1);
  });
