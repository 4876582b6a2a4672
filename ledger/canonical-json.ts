/** What canonical JSON is made of here: no floats beyond safe integers, no undefined. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/**
 * RFC 8785 (JCS): members sorted by UTF-16 code units, no white space, strings and numbers as ECMAScript writes them.
 * Throws a TypeError for lone surrogates and non-finite numbers, which JCS forbids, and for undefined.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new TypeError('canonical JSON: lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON: not a finite number');
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  // Names compare by UTF-16 code units where no order is given. No list of pairs: every comparison of a counter comes through here.
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) throw new TypeError('canonical JSON: undefined');
    members += `${members === '' ? '' : ','}${canonicalJson(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
