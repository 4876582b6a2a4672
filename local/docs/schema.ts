// `docs/schema.sql`: what the migrations make of an empty database, as PostgreSQL's own catalogue tells it. `pg_dump` is not among the programs
// that the product brings, and writes otherwise from version to version.
import type { Client } from 'pg';
import { withClient } from '../servers/postgres-databases.js';

const INTRODUCTION = `-- The schema, as all migrations together leave it: made by \`npm run docs\`, red in the tests when stale.
-- To read, not to run: registry/migrations is what makes it. Tables, functions and sequences each in the order of
-- the alphabet. \`grant\`s are those of the product's two roles, which own nothing; bodies of functions stand in the
-- migrations alone.`;

/** Lines are wrapped at this width where no text of a comment or constant is in the way. */
const WIDTH = 100;

interface Column {
  owner: string;
  name: string;
  type: string;
  required: boolean;
  fallback: string | null;
  generated: string;
  identity: string;
  comment: string | null;
}
/** What PostgreSQL says of a table, sequence or function: a constraint, an index, a trigger, a grant, itself. */
interface Part {
  owner: string;
  text: string;
  /** Of functions only. */
  comment?: string | null;
}
interface Table {
  name: string;
  options: string[] | null;
  unlogged: boolean;
  comment: string | null;
}

/** The schema of the database at this address (`public`, and of it what the migrations made). Needs to be the owner's. */
export const schemaDocument = (adminUrl: string): Promise<string> =>
  withClient(adminUrl, async (client) => {
    const tables = await rows<Table>(client, TABLES);
    const columns = groups(await rows<Column>(client, COLUMNS));
    const [constraints, indexes, triggers, grants] = [
      groups(await rows<Part>(client, CONSTRAINTS)),
      groups(await rows<Part>(client, INDEXES)),
      groups(await rows<Part>(client, TRIGGERS)),
      groups([...(await rows<Part>(client, GRANTS)), ...(await rows<Part>(client, REVOKED))]),
    ];
    const table = (of: Table): string => {
      const own = columns.get(of.name) ?? [];
      const after = [indexes, triggers, grants].flatMap((kind) => (kind.get(of.name) ?? []).map(({ text }) => text));
      return [
        createTable(of, own, constraints.get(of.name) ?? []),
        ...after.map(statement),
        ...comment(`table ${of.name}`, of.comment),
        ...own.flatMap((column) => comment(`column ${of.name}.${column.name}`, column.comment)),
      ].join('\n');
    };
    const others = [...(await rows<Part>(client, SEQUENCES)), ...(await rows<Part>(client, FUNCTIONS))];
    const stated = others.map(({ owner, text, comment: said }) =>
      [
        statement(text),
        ...(grants.get(owner) ?? []).map((grant) => statement(grant.text)),
        ...comment(`function ${owner}`, said ?? null),
      ].join('\n'),
    );
    return `${[INTRODUCTION, ...tables.map(table), ...stated].join('\n\n')}\n`;
  });

async function rows<T extends object>(client: Client, query: string): Promise<T[]> {
  // Else a name would be told with its schema or without, as the login is set up.
  await client.query('set search_path = public');
  return (await client.query<T>(query)).rows;
}

function groups<T extends { owner: string }>(all: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) found.set(one.owner, [...(found.get(one.owner) ?? []), one]);
  return found;
}

function createTable(
  { name, options, unlogged }: Table,
  columns: readonly Column[],
  constraints: readonly Part[],
): string {
  const lines = [...columns.map(definition), ...constraints.map(({ text }) => text)].map(
    (line) => `  ${wrapped(plain(line), 6)}`,
  );
  const settings = options === null ? '' : ` with (${options.join(', ')})`;
  return `create ${unlogged ? 'unlogged ' : ''}table ${name} (\n${lines.join(',\n')}\n)${settings};`;
}

function definition({ name, type, required, fallback, generated, identity }: Column): string {
  return [
    name,
    type,
    ...(required ? ['not null'] : []),
    ...(identity === '' ? [] : [`generated ${identity === 'a' ? 'always' : 'by default'} as identity`]),
    ...(fallback === null
      ? []
      : [
          generated === ''
            ? `default ${fallback}`
            : `generated always as (${fallback}) ${generated === 'v' ? 'virtual' : 'stored'}`,
        ]),
  ].join(' ');
}

const comment = (on: string, text: string | null): string[] =>
  text === null ? [] : [`comment on ${on} is '${text.replaceAll("'", "''")}';`];

const statement = (text: string): string => `${wrapped(plain(text), 4)};`;

/** Text in quotes, or what stands between two of them. */
const PIECES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]+/g;
const LITERAL = `'(?:[^']|'')*'`;
const ANY_OF = new RegExp(`= any \\(array\\[(${LITERAL}(?:, ${LITERAL})*)\\]\\)`, 'g');

/** PostgreSQL's words as the migrations write them: in small letters, without the type of a text, \`in\` for \`= any\`. */
const plain = (text: string): string =>
  (text.match(PIECES) ?? [])
    .map((piece) =>
      /^['"]/.test(piece) ? piece : piece.toLowerCase().replaceAll('timestamp with time zone', 'timestamptz'),
    )
    .join('')
    .replaceAll(/'::text\b(?!\[)/g, "'")
    .replaceAll(ANY_OF, 'in ($1)');

/** Broken between words, never within quotes; what follows the first line is set in. */
function wrapped(text: string, indent: number): string {
  const words = text.match(/(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"])+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length + indent > WIDTH) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** Of the order by names: that of the code points, whatever the database sorts by. */
const BY = (name: string): string => `order by ${name} collate "C"`;

const TABLES = `
  select c.relname as name, c.reloptions as options, c.relpersistence = 'u' as unlogged,
         obj_description(c.oid, 'pg_class') as comment
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  ${BY('c.relname')}`;

const COLUMNS = `
  select c.relname as owner, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
         a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as fallback,
         a.attgenerated as generated, a.attidentity as identity,
         col_description(c.oid, a.attnum) as comment
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

// Not the constraints NOT NULL, which newer versions keep beside the column's own word.
const CONSTRAINTS = `
  select t.relname as owner, 'constraint ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid, true) as text
  from pg_constraint c
  join pg_class t on t.oid = c.conrelid
  where t.relnamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'c', 'f', 'x')
  order by array_position(array['p', 'u', 'x', 'c', 'f'], c.contype::text), c.conname collate "C"`;

const INDEXES = `
  select t.relname as owner, pg_get_indexdef(i.indexrelid, 0, true) as text
  from pg_index i
  join pg_class t on t.oid = i.indrelid
  join pg_class x on x.oid = i.indexrelid
  where t.relnamespace = 'public'::regnamespace
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
  ${BY('x.relname')}`;

const TRIGGERS = `
  select t.relname as owner,
         pg_get_triggerdef(g.oid, true) || case g.tgenabled when 'D' then ' /* disabled */' else '' end as text
  from pg_trigger g
  join pg_class t on t.oid = g.tgrelid
  where t.relnamespace = 'public'::regnamespace and not g.tgisinternal
  ${BY('g.tgname')}`;

// To whom a right was given, other than to the owner: on a whole table, sequence or function, or on single columns.
const GRANTS = `
  with given as (
    select c.relname as owner, 'on ' || case c.relkind when 'S' then 'sequence ' else '' end || c.relname as target,
           null as column_name, acl.*
    from pg_class c, aclexplode(c.relacl) acl
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S') and acl.grantee <> c.relowner
    union all
    select c.relname, 'on ' || c.relname, a.attname, acl.*
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) acl
    where c.relnamespace = 'public'::regnamespace and acl.grantee <> c.relowner
    union all
    select p.oid::regprocedure::text, 'on function ' || p.oid::regprocedure, null, acl.*
    from pg_proc p, aclexplode(p.proacl) acl
    where p.pronamespace = 'public'::regnamespace and acl.grantee <> p.proowner
  ), by_role as (
    select owner, target, coalesce(r.rolname, 'public') as role,
           privilege_type || coalesce(' (' || string_agg(column_name, ', ' order by column_name collate "C") || ')', '') as privilege
    from given
    left join pg_roles r on r.oid = given.grantee
    group by owner, target, role, privilege_type
  )
  select owner,
         'grant ' || string_agg(privilege, ', ' order by array_position(array['SELECT', 'INSERT', 'UPDATE', 'DELETE'], split_part(privilege, ' ', 1)), privilege collate "C")
           || ' ' || target || ' to ' || role as text
  from by_role
  group by owner, target, role
  ${BY('role')}`;

// Everybody may call a function, unless that was taken away.
const REVOKED = `
  select p.oid::regprocedure::text as owner, 'revoke execute on function ' || p.oid::regprocedure || ' from public' as text
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.proacl is not null
    and not exists (select from aclexplode(p.proacl) acl where acl.grantee = 0)`;

// Not those that belong to a column (identity, serial).
const SEQUENCES = `
  select c.relname as owner, 'create sequence ' || c.relname as text
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
    and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
  ${BY('c.relname')}`;

const FUNCTIONS = `
  select p.oid::regprocedure::text as owner, obj_description(p.oid, 'pg_proc') as comment,
         'create function ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ') returns '
           || pg_get_function_result(p.oid) || ' language ' || l.lanname
           || case p.provolatile when 'i' then ' immutable' when 's' then ' stable' else '' end
           || case p.proparallel when 's' then ' parallel safe' when 'r' then ' parallel restricted' else '' end
           || case when p.prosecdef then ' security definer' else '' end
           || coalesce(' set ' || array_to_string(p.proconfig, ' set '), '') as text
  from pg_proc p
  join pg_language l on l.oid = p.prolang
  where p.pronamespace = 'public'::regnamespace
  ${BY('p.oid::regprocedure::text')}`;
