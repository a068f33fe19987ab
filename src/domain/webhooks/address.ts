/** An IP address as its bytes: four or sixteen. */
export type Address = readonly number[];

/** The addresses whose first `bits` bits are those of `base`. */
export type AddressRange = Readonly<{ base: Address; bits: number }>;

/**
 * The kinds of addresses: `public` is on the internet, `allowed` is in a configured range, `refused` is neither, or no
 * address at all.
 */
export type AddressKind = 'public' | 'allowed' | 'refused';

/**
 * An address as `URL` and resolvers write it. Undefined for anything else, including one with a zone (`fe80::1%eth0`).
 */
export const parseAddress = (text: string): Address | undefined =>
  text.includes(':') ? parseV6(text) : parseV4(text);

/** `10.0.0.0/8`, `fd00::/8`; a single address is a range of one. Undefined for anything else. */
export const parseRange = (text: string): AddressRange | undefined => {
  const [address = '', length, ...rest] = text.split('/');
  const base = parseAddress(address);
  if (base === undefined || rest.length > 0) return undefined;
  const bits =
    length === undefined ? base.length * 8 : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return bits <= base.length * 8 ? { base, bits } : undefined;
};

export const isInRange = (address: Address, { base, bits }: AddressRange): boolean =>
  address.length === base.length &&
  address.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) === ((base[index] ?? 0) & mask);
  });

/** Classifies the address of a connection; `allowed` ranges take precedence. */
export const kindOfAddress = (text: string, allowed: readonly AddressRange[]): AddressKind => {
  const written = parseAddress(text);
  if (written === undefined) return 'refused';
  const address = embedded(written) ?? written;
  if (allowed.some((range) => isInRange(written, range) || isInRange(address, range))) return 'allowed';
  if (address.length === 4)
    return RESERVED_V4.some((range) => isInRange(address, range)) ? 'refused' : 'public';
  return isInRange(address, GLOBAL_V6) && !RESERVED_V6.some((range) => isInRange(address, range))
    ? 'public'
    : 'refused';
};

const parseV4 = (text: string): Address | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
};

const parseV6 = (text: string): Address | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(bytesOfGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 16 ? head : undefined;
  const missing = 16 - head.length - tail.length;
  return missing < 2 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
};

/** The bytes of groups separated by colons; the last group may be an IPv4 address. */
const bytesOfGroups = (text: string): Address | undefined => {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const v4 = index === groups.length - 1 && group.includes('.') ? parseV4(group) : undefined;
    if (v4 !== undefined) bytes.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes.length <= 16 ? bytes : undefined;
};

const ranges = (...texts: readonly string[]): readonly AddressRange[] =>
  texts.map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw new TypeError(`${text} is no range of addresses`);
    return range;
  });

/**
 * IPv4 that is not on the internet. Source: IANA, "IPv4 Special-Purpose Address Registry"; in addition multicast
 * (224.0.0.0/4) and reserved addresses (240.0.0.0/4, including broadcast).
 */
const RESERVED_V4 = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
);

/** The only block of global IPv6 addresses: loopback, link-local and the like are outside. */
// One text gives one range.
const [GLOBAL_V6] = ranges('2000::/3') as readonly [AddressRange];

/**
 * Parts of it that are not on the internet: protocol assignments (including Teredo), documentation, and 6to4, which
 * could forward a request to any IPv4 address. Source: IANA, "IPv6 Special-Purpose Address Registry".
 */
const RESERVED_V6 = ranges('2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20');

/** IPv4 written as IPv6, or reached through a translator (NAT64, RFC 6052): the IPv4 address decides. */
const EMBEDDING = ranges('::ffff:0:0/96', '64:ff9b::/96');

const embedded = (address: Address): Address | undefined =>
  EMBEDDING.some((range) => isInRange(address, range)) ? address.slice(12) : undefined;
