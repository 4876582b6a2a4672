import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { type AllowedHosts, hostAndPort } from '../domain/endpoint.js';

// Server-side request forgery: a department's name must not lead us into our own network. Checked on the very addresses that are
// connected to, so a name that changes its meaning between a check and the connection gains nothing.

/** The name leads where webhooks may not go. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'address-refused';
  constructor() {
    super('the host is not one to which webhooks may be sent');
  }
}

// IANA's special-purpose registries (RFC 6890): what is not globally reachable, and multicast.
const SPECIAL_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
// Only 2000::/3 is global unicast; inside it, what is special or carries an IPv4 address.
const SPECIAL_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [net, prefix] of SPECIAL_V4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of SPECIAL_V6) special.addSubnet(net, prefix, 'ipv6');
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address is one of the open Internet's. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, 'ipv4');
  return isIP(address) === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * The `lookup` for a connection to this URL: gives the name's addresses, or AddressRefused when one of them may not be connected to.
 * Public addresses over TLS; any address over TLS, and loopback without, where host and port are on the list. Throws AddressRefused
 * for a URL that names such an address outright, for which no lookup is made.
 */
export function guardedLookup(url: URL, allowed: AllowedHosts, resolve: Resolve = systemLookup): LookupFunction {
  const secure = url.protocol === 'https:';
  const listed = allowed.has(hostAndPort(url));
  const permits = (address: string): boolean => (secure ? listed || isPublic(address) : listed && isLoopback(address));
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) !== 0 && !permits(literal)) throw new AddressRefused();
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error ? [] : addresses;
      if (error || !first) callback(error ?? new AddressRefused(), '', 0);
      else if (!addresses.every(({ address }) => permits(address))) callback(new AddressRefused(), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
