import holidays from '../../registry/data/holidays.json' with { type: 'json' };

// The tests pass in every year, also before its holidays are loaded: what becomes of deadlines then is what test/registry/catalogue/holidays.test.ts is about.
const calendar: Record<string, { off: string[]; work: string[] }> = holidays;
const year = new Date().getUTCFullYear();
for (const needed of [year, year + 1]) calendar[needed] ??= { off: [], work: [] };
