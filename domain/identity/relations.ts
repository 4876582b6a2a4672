// How one record of a party is tied to another (identity chain, ledger handbook §8). A court makes a link; nothing is inferred.

/** Between two records of parties. `legal-rep-of` and `operator-of` lead from a person to an organisation or business. */
export const PARTY_RELATIONS = ['same-person', 'renamed-from', 'legal-rep-of', 'operator-of'] as const;
/** Between a party and a further number of its own. */
export const NUMBER_RELATIONS = ['alias-number', 'uscc-of'] as const;
/** All, with a department's own reference, confirmed at an interception. */
export const RELATIONS = [...PARTY_RELATIONS, ...NUMBER_RELATIONS, 'local-reference'] as const;

export type PartyRelation = (typeof PARTY_RELATIONS)[number];
export type NumberRelation = (typeof NUMBER_RELATIONS)[number];
export type Relation = (typeof RELATIONS)[number];

/** Why somebody looks at an unmasked person: a closed list, so that no name is ever written into a log of reasons. */
export const PURPOSES = ['enforcement', 'identity-review', 'objection', 'correction', 'audit', 'supervision'] as const;
export type Purpose = (typeof PURPOSES)[number];
