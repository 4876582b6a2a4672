/** A party to a comparison or a defaulter's identity, as the contract writes it. */
export interface Person {
  kind: 'person';
  name: string;
  identifiers: { type: 'resident-id'; number: string }[];
}

/** Made-up person: the number has a right check digit and sequence 000, which is issued to nobody. */
export function person(name: string, number: string): Person {
  return { kind: 'person', name, identifiers: [{ type: 'resident-id', number }] };
}
