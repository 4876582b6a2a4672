// Where a department's webhook may stand. What its name leads to is checked when a connection is made; here is what the address itself says.

/** `host:port` that may lie in a private network, and on loopback may do without TLS. */
export type AllowedHosts = ReadonlySet<string>;

/** Reads `host:port` separated by commas; undefined or '' names none. Throws an Error that names the entry that is wrong. */
export function parseAllowedHosts(text: string | undefined): AllowedHosts {
  const entries = (text ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  for (const entry of entries) {
    if (!/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[1-9]\d{0,4}$/.test(entry)) {
      throw new Error(`allowed webhook hosts: "${entry}" is not host:port`);
    }
  }
  return new Set(entries);
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** As an entry of the list of allowed hosts. */
export const hostAndPort = (url: URL): string => `${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`;

export type EndpointFault = 'endpoint-url' | 'endpoint-not-https' | 'endpoint-host';

const LONGEST = 2_000;
const ADDRESS_LITERAL = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;

/**
 * The address in its normal form (WHATWG URL), or what is wrong with it: https with a host's name, no sign-in and no fragment; another
 * scheme or a bare address only where host and port are on the list.
 */
export function parseEndpoint(
  text: string,
  allowed: AllowedHosts,
): { ok: true; url: string } | { ok: false; code: EndpointFault } {
  if (text.length > LONGEST || !URL.canParse(text)) return { ok: false, code: 'endpoint-url' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '' || url.hostname === '') {
    return { ok: false, code: 'endpoint-url' };
  }
  const listed = allowed.has(hostAndPort(url));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && listed)) {
    return { ok: false, code: 'endpoint-not-https' };
  }
  if (ADDRESS_LITERAL.test(url.hostname) && !listed) return { ok: false, code: 'endpoint-host' };
  return { ok: true, url: url.href };
}
