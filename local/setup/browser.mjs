import { existsSync } from 'node:fs';
import { executables } from '../machine/paths.mjs';
import { run } from '../machine/run.mjs';
import { PlainError, say } from '../machine/say.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** The second one lets pages show Chinese; without it every character is a box. */
const debianPackages = ['chromium', 'fonts-noto-cjk'];

/** A Chromium for the tests of the pages: CHROMIUM_PATH, one of this machine, or (root on Debian) a fresh one. */
export async function ensureBrowser() {
  const found = await findBrowser();
  if (found) return found;
  if (process.getuid?.() === 0 && executables('apt-get').length > 0) await installOnDebian();
  const installed = await findBrowser();
  if (installed) return installed;
  throw new PlainError(
    '页面测试需要 Chromium。请安装 chromium 与中文字体（Debian：sudo apt-get install chromium fonts-noto-cjk），或用 CHROMIUM_PATH 指明其位置。',
    'The tests of the pages need Chromium. Install chromium and a Chinese font (Debian: sudo apt-get install chromium fonts-noto-cjk), or name it with CHROMIUM_PATH.',
  );
}

async function findBrowser() {
  const named = process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : [];
  const paths = [...named, ...names.flatMap((name) => executables(name)), ...macPaths.filter(existsSync)];
  for (const path of paths) if (await answers(path)) return path;
  return undefined;
}

/** Some systems put a script of that name that only tells how to install it. */
async function answers(path) {
  try {
    const { code, output } = await run(path, ['--version'], { timeout: 30_000 });
    return code === 0 && /\d+\.\d+/.test(output);
  } catch {
    return false;
  }
}

async function installOnDebian() {
  say(
    '正在安装 Chromium（页面测试用，约一两分钟）…',
    'installing Chromium for the tests of the pages (a minute or two) …',
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', [...wait, 'update'], { env });
  const parameters = [...wait, 'install', '-y', '--no-install-recommends', ...debianPackages];
  const { code, output } = await run('apt-get', parameters, { env, onLine: progressEvery(20) });
  if (code !== 0) console.error(output.trim().split('\n').slice(-5).join('\n'));
}

function progressEvery(seconds) {
  let last = Date.now();
  return (line) => {
    if (Date.now() - last < seconds * 1000) return;
    last = Date.now();
    say(`安装 Chromium：${line}`, 'installing Chromium');
  };
}
