// The rooms and the one way data flows through them: each room may import only the rooms named here.
const rooms = {
  domain: [],
  ledger: ['domain'],
  // What courts and departments run by themselves, without the platform.
  audit: ['ledger'],
  registry: ['domain', 'ledger'],
  // Types of activities only: anything else would enter the workflow bundle, and `domain-and-workflows-are-pure` would tell.
  workflows: ['domain', 'activities'],
  activities: ['domain', 'registry', 'ledger'],
  worker: ['domain', 'registry', 'ledger', 'workflows', 'activities'],
  console: ['domain', 'registry', 'ledger'],
  api: ['domain', 'registry', 'ledger', 'console'],
  local: ['domain', 'ledger', 'registry', 'audit'],
};

// The rooms within a room, from the ground up: each may import the rooms named, and its parent's own files at the ground (`inputs`).
const within = {
  registry: {
    database: [],
    keys: ['database'],
    catalogue: ['database'],
    access: ['database', 'catalogue'],
    ledger: ['database', 'keys'],
    case: ['database', 'keys'],
    parties: ['database', 'keys', 'catalogue', 'access', 'ledger', 'case'],
    departments: ['database', 'keys', 'catalogue', 'ledger', 'case', 'parties'],
    courts: ['database', 'keys', 'case', 'parties', 'departments'],
    process: ['database', 'keys', 'case', 'departments'],
    views: ['database', 'keys', 'access', 'ledger', 'case', 'parties'],
    maintenance: ['database', 'keys', 'ledger', 'case', 'parties', 'departments'],
  },
  api: {
    schemas: [],
    http: ['schemas'],
    comparison: ['schemas', 'http'],
    resources: ['schemas', 'http', 'comparison'],
  },
  local: {
    machine: [],
    setup: ['machine'],
    servers: ['machine'],
    city: ['machine'],
    product: ['machine', 'setup', 'servers', 'city'],
    docs: ['machine', 'servers'],
  },
  worker: {
    temporal: [],
    ledger: [],
    loops: ['temporal'],
  },
  bench: {
    measure: [],
    environment: ['measure'],
    lives: ['measure', 'environment'],
    comparisons: ['measure', 'environment'],
    ledger: ['measure', 'environment'],
  },
};
const all = [...Object.keys(rooms), 'bench', 'test'];
const rule = (name, from, others) => ({
  name,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${others.join('|')})/` },
});

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, may]) =>
      rule(
        `${room}-imports`,
        room,
        all.filter((other) => other !== room && !may.includes(other)),
      ),
    ),
    ...Object.entries(within).flatMap(([house, inner]) =>
      Object.entries(inner).map(([room, may]) =>
        rule(
          `${house}-${room}-imports`,
          `${house}/${room}`,
          Object.keys(inner)
            .filter((other) => other !== room && !may.includes(other))
            .map((other) => `${house}/${other}`),
        ),
      ),
    ),
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
