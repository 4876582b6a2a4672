// The rooms and the one way data flows through them: each room may import only the rooms named here.
const rooms = {
  domain: [],
  ledger: ['domain'],
  // What courts and departments run by themselves, without the platform.
  audit: ['domain', 'ledger'],
  registry: ['domain', 'ledger'],
  // Types of activities only: anything else would enter the workflow bundle, and `domain-and-workflows-are-pure` would tell.
  workflows: ['domain', 'activities'],
  activities: ['domain', 'registry', 'ledger', 'workflows'],
  worker: ['domain', 'registry', 'ledger', 'workflows', 'activities'],
  console: ['domain', 'registry', 'ledger'],
  api: ['domain', 'registry', 'ledger', 'console'],
  local: ['domain', 'ledger', 'registry', 'audit'],
};
const all = [...Object.keys(rooms), 'bench', 'test'];
module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, may]) => ({
      name: `${room}-imports`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: {
        path: `^(${all.filter((r) => r !== room && !may.includes(r)).join('|')})/`,
      },
    })),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-and-workflows-are-pure',
      severity: 'error',
      from: { path: '^(domain|workflows)/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
