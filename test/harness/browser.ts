import { type Browser, chromium } from 'playwright-core';
import { ensureBrowser } from '../../local/setup/browser.mjs';

/** A headless Chromium; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  // Chromium's sandbox needs an ordinary account; the pages under test are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: await ensureBrowser(), args });
}
