/** A Chromium for the tests of the pages: CHROMIUM_PATH, one of this machine, or (root on Debian) a fresh one. */
export function ensureBrowser(): Promise<string>;
