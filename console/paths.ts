/** Where the server mounts the console. */
export const HOME = '/console';

export const paths = {
  signIn: `${HOME}/sign-in`,
  signOut: `${HOME}/sign-out`,
  cases: `${HOME}/cases`,
  caseOf: (id: string): string => `${HOME}/cases/${id}`,
  certificateOf: (id: string): string => `${HOME}/cases/${id}/certificate`,
  proofOf: (id: string, fact: string): string => `${HOME}/cases/${id}/proofs/${fact}`,
  reviews: `${HOME}/reviews`,
  reviewOf: (interception: string): string => `${HOME}/reviews/${interception}`,
  partyOf: (subject: string): string => `${HOME}/parties/${subject}`,
  candidates: `${HOME}/candidates`,
  candidatesOf: (search: string): string => `${HOME}/candidates/${search}`,
} as const;

/** A path with a query; members without a value are left out. */
export function withQuery(path: string, query: { readonly [name: string]: string | undefined }): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

const LOCAL = /^\/console(?:\/[a-z0-9-]+)*(?:\?[\w=&%.:+-]*)?$/i;
const NEXT_AT_MOST = 500;

/** Where to go after signing in: a page of the console, whatever was asked for. Nothing this lets through can leave the origin. */
export function localDestination(asked: string | undefined): string {
  return asked !== undefined && asked.length <= NEXT_AT_MOST && LOCAL.test(asked) ? asked : paths.cases;
}

/** A query member that was given once. */
export function single(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
