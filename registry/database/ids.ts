// Ids are UUIDs of version 7: they stand in the order of the instants at which they were made.

/** Before every id: where a walk through a table by its ids begins. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** The smallest id of an instant (epoch ms). */
export function firstIdAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** The instant of an id, epoch ms. */
export const instantOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
