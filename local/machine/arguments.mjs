import { isAbsolute, resolve } from 'node:path';
import { rootFolder } from './paths.mjs';
import { PlainError } from './say.mjs';

export const usage = `npm start -- [--port N] [--data DIR] [--empty]

  --port N    页面与 API 的端口，默认 8080 · port of the pages and the API (8080)
  --data DIR  数据目录，默认 .data；第二次启动沿用 · data folder (.data); a second start finds its data there
  --empty     不演示故事 · tells no stories
  --help      本说明 · this text

环境变量 · environment
  TEMPORAL_ADDRESS  用已有的 Temporal 服务器 · use a Temporal server you have
  DATABASE_URL      用已有的 PostgreSQL（属主账户）· use a PostgreSQL you have (an owner's URL)
`;

/** The options of `npm start`. Throws PlainError (exit code 2) for what is not understood. */
export function readArguments(parameters, workingDirectory = whereTyped()) {
  const options = { port: 8080, data: resolve(rootFolder, '.data'), empty: false, help: false };
  const rest = parameters.flatMap((parameter) => {
    const cut = parameter.startsWith('--') ? parameter.indexOf('=') : -1;
    return cut > 0 ? [parameter.slice(0, cut), parameter.slice(cut + 1)] : [parameter];
  });
  const takes = {
    '--port': () => {
      options.port = readPort(rest.shift());
    },
    '--data': () => {
      options.data = readFolder(rest.shift(), workingDirectory);
    },
    '--empty': () => {
      options.empty = true;
    },
    '--help': () => {
      options.help = true;
    },
  };
  takes['-h'] = takes['--help'];
  while (rest.length > 0) {
    const name = rest.shift();
    const take = Object.hasOwn(takes, name) ? takes[name] : undefined;
    if (!take) throw wrong(`不认识的参数：${name}`, `unknown argument: ${name}`);
    take();
  }
  return options;
}

function readPort(text) {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw wrong('--port 需要 1–65535 之间的整数', '--port takes a number from 1 to 65535');
}

function readFolder(text, workingDirectory) {
  if (!text || text.startsWith('--')) throw wrong('--data 需要一个目录', '--data takes a folder');
  return isAbsolute(text) ? resolve(text) : resolve(workingDirectory, text);
}

function wrong(chinese, english) {
  return new PlainError(`${chinese}。用 npm start -- --help 查看说明。`, `${english}. See npm start -- --help.`, 2);
}

/** npm changes into the package's folder: a relative path is meant from where `npm start` was typed. */
function whereTyped() {
  return (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) || process.cwd();
}
