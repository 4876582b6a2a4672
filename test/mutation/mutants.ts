import { parseAst, transformWithEsbuild } from 'vite';

/** One small lie in the rules. */
export interface Mutant {
  /** The entry of a table, or the function, that it stands in. */
  entry: string;
  what: string;
  code: string;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): Node[] =>
  Object.values(node)
    .flatMap((value) => [value].flat())
    .filter(isNode);

/** What an entry of the table of transitions is replaced by as a whole. */
const REPLACEMENTS = [
  { what: 'does nothing', member: 'enforcement', code: '(enforcement) => ({ enforcement })' },
  { what: 'always refuses', member: 'conflict', code: "() => ({ conflict: 'ending' })" },
];

/**
 * Every mutant of a module's source: each entry of the object `table` replaced by one that does nothing and by one that refuses; and in
 * every function, each guard negated and each effect (a member set beside a spread) left out.
 */
export async function mutantsOf(source: string, file: string, table: string): Promise<Mutant[]> {
  const { code } = await transformWithEsbuild(source, file, { sourcemap: false, target: 'es2022' });
  const program: unknown = parseAst(code);
  if (!isNode(program)) throw new Error(`${file} is no program`);
  // One that answers in words nobody reads would be red for the wrong reason.
  for (const { member } of REPLACEMENTS)
    if (!new RegExp(`readonly ${member}: `).test(source)) throw new Error(`${file} knows no answer "${member}"`);
  const found: Mutant[] = [];
  const put = (entry: string, what: string, node: Node, replacement: string): void => {
    const mutated = code.slice(0, node.start) + replacement + code.slice(node.end);
    parseAst(mutated); // One that is no program would be red for the wrong reason.
    found.push({ entry, what, code: mutated });
  };
  const text = (node: Node): string => code.slice(node.start, node.end);
  const brief = (node: Node): string => text(node).replace(/\s+/g, ' ').slice(0, 90);

  const walk = (node: Node, entry: string): void => {
    for (const guard of guardsOf(node)) put(entry, `not: ${brief(guard)}`, guard, `!(${text(guard)})`);
    for (const effect of effectsOf(node)) put(entry, `without: ${brief(effect)}`, effect, '');
    for (const child of childrenOf(node)) walk(child, entryOf(node, child, entry));
  };
  const entryOf = (node: Node, child: Node, entry: string): string => {
    const name = nameOf(node);
    if (name === undefined) return entry;
    if (node.type === 'Property' && entry === table && child === node.value) {
      for (const { what, code: replacement } of REPLACEMENTS) put(`${table}.${name}`, what, child, replacement);
      return `${table}.${name}`;
    }
    return entry === '' ? name : entry;
  };
  walk(program, '');
  return found.filter((mutant) => mutant.entry !== '');
}

function nameOf(node: Node): string | undefined {
  const named = { FunctionDeclaration: node.id, VariableDeclarator: node.id, Property: node.key };
  const name = Object.entries(named).find(([type]) => type === node.type)?.[1];
  return isNode(name) && typeof name.name === 'string' ? name.name : undefined;
}

/** The conditions a node itself decides by, down to the operands of `&&` and `||`. */
function guardsOf(node: Node): Node[] {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression')
    return isNode(node.test) ? operands(node.test) : [];
  const answer =
    node.type === 'ArrowFunctionExpression' ? node.body : node.type === 'ReturnStatement' ? node.argument : undefined;
  return isNode(answer) && isCondition(answer) ? operands(answer) : [];
}

const isLogical = (node: Node): boolean => node.type === 'LogicalExpression' && node.operator !== '??';
const COMPARING = new Set(['===', '!==', '<', '<=', '>', '>=']);
const isCondition = (node: Node): boolean =>
  isLogical(node) ||
  (node.type === 'BinaryExpression' && typeof node.operator === 'string' && COMPARING.has(node.operator)) ||
  (node.type === 'UnaryExpression' && node.operator === '!');

const operands = (node: Node): Node[] => (isLogical(node) ? childrenOf(node).flatMap(operands) : [node]);

/** The members an object sets beside what it copies, with the comma before them. */
function effectsOf(node: Node): Node[] {
  if (node.type !== 'ObjectExpression' || !Array.isArray(node.properties)) return [];
  const members = node.properties.filter(isNode);
  if (members[0]?.type !== 'SpreadElement') return [];
  return members.flatMap((member, i) => {
    const before = members[i - 1];
    return before && member.type === 'Property' ? [{ ...member, start: before.end }] : [];
  });
}
