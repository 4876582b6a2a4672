/** The rooms: where sources stand, in the order in which one is built upon another. */
export const ROOMS: readonly string[];
