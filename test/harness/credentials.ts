import { inject } from 'vitest';
import type { Credential } from '../../registry/access/credentials.js';

type CredentialOf<Role extends Credential['role']> = Extract<Credential, { role: Role }>;

/** The sign-ins valid in every database of `freshDatabase`. */
export function allCredentials(): Credential[] {
  return inject('credentials');
}

export const clerkOf = (court: string): CredentialOf<'clerk'> => find('clerk', (one) => one.court === court);
export const supervisorOf = (court: string): CredentialOf<'supervisor'> =>
  find('supervisor', (one) => one.court === court);
export const departmentOf = (code: string): CredentialOf<'department'> =>
  find('department', (one) => one.department === code);
export const administrator = (): CredentialOf<'administrator'> => find('administrator', () => true);
/** `which` counts from 0: every court has two judges. */
export const judgeOf = (court: string, which = 0): CredentialOf<'judge'> => {
  const found = allCredentials().filter(
    (one): one is CredentialOf<'judge'> => one.role === 'judge' && one.court === court,
  );
  return demand(found[which], `judge ${which} of ${court}`);
};

function find<Role extends Credential['role']>(
  role: Role,
  fits: (credential: CredentialOf<Role>) => boolean,
): CredentialOf<Role> {
  const isOfRole = (one: Credential): one is CredentialOf<Role> => one.role === role;
  return demand(allCredentials().filter(isOfRole).find(fits), role);
}

function demand<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`no credential: ${what}`);
  return found;
}
