export const ROOMS = [
  'domain',
  'ledger',
  'audit',
  'registry',
  'workflows',
  'activities',
  'worker',
  'api',
  'console',
  'local',
  'bench',
  'test',
];
