import { parseArgs } from 'node:util';
import { Refusal } from '../../domain/refusal.js';
import { createPool, inTransaction } from '../database/pool.js';
import { retireDepartment } from './department-retirement.js';

const USAGE = `用法 / usage: npm run department:retire -- CODE [--successor CODE] --reason TEXT
  CODE         要撤并的部门 / the department that leaves, e.g. QTS
  --successor  并入的部门：接手其未确认的通知、业务与在办事项 / the department it is merged into: takes over its open notices, services and business
  --reason     记录在案的原因 / the reason, which is recorded
DATABASE_URL: 可写参考数据的角色 / a role that may write reference data`;

/** The administrator's command. Exit code 2 for arguments that are wrong, 1 for what the rules refuse. */
async function main(): Promise<number> {
  let given: { code: string; successor?: string; reason: string };
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { successor: { type: 'string' }, reason: { type: 'string' } },
    });
    const [code, ...more] = positionals;
    if (code === undefined || more.length > 0 || !values.reason?.trim()) throw new Error('arguments');
    given = { code, reason: values.reason, ...(values.successor === undefined ? {} : { successor: values.successor }) };
  } catch {
    console.error(USAGE);
    return 2;
  }
  const connectionString = process.env.DATABASE_URL;
  if (!connectionString) {
    console.error(`DATABASE_URL is not set\n${USAGE}`);
    return 2;
  }
  const pool = createPool({ connectionString, applicationName: 'department-retire', max: 1 });
  try {
    const { code, ...retirement } = given;
    const retired = await inTransaction(pool, (tx) =>
      retireDepartment(tx, code, retirement, { role: 'administrator', id: 'command-line' }),
    );
    const what = retired.handedOver ? ['移交', 'handed over'] : ['结清', 'settled'];
    console.log(
      `${code} 已撤并，${what[0]}未确认通知 ${retired.open} 件。 / ${code} has left at ${retired.leftPosition}; ${retired.open} open notices ${what[1]}.`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error([error.message, ...error.errors.map(({ pointer, code }) => `${pointer} ${code}`)].join(' '));
    return 1;
  } finally {
    await pool.end();
  }
}

process.exitCode = await main();
