/**
 * IP addresses as numbers, and what kind of place each one is.
 *
 * In: the text of an address, as `new URL()`, `dns.lookup` or a configuration writes it. Out: its 4 or 16 bytes, and one of four
 * classes. `never` holds what no connection of ours may reach, whoever configured it: link-local addresses (the metadata services
 * of clouds live there), the unspecified address (Linux takes it for the local host), multicast. An IPv6 address that carries an
 * IPv4 one — mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214) — is never judged milder
 * than what it carries. The ranges are IANA's special-purpose registries (RFC 6890). What is in none of them, and in IPv6 outside
 * 2000::/3, is not public.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never';

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. */
  readonly bytes: Uint8Array;
}

export interface Cidr extends IpAddress {
  readonly prefixBits: number;
}

/** Reads an address without brackets, port or zone. Only the four-part decimal form of IPv4: URL has made the others into it. */
export function parseAddress(text: string): IpAddress | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : { family: bytes.length === 4 ? 4 : 6, bytes };
}

/** The address in a URL's `hostname` (IPv6 in brackets), or undefined where it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const text = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
  return parseAddress(text) === undefined ? undefined : text;
}

/** `192.0.2.0/24`, `2001:db8::/32`; undefined where it is not one. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  if (address === undefined || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined;
  const prefixBits = Number(text.slice(slash + 1));
  return prefixBits > address.bytes.length * 8 ? undefined : { ...address, prefixBits };
}

/** Whether an address lies in a range. An IPv4-mapped IPv6 address lies where its IPv4 address lies. */
export function isInCidr(address: IpAddress, range: Cidr): boolean {
  const { bytes } = unmapped(address);
  if (bytes.length !== range.bytes.length) return false;
  const whole = range.prefixBits >> 3;
  for (let i = 0; i < whole; i += 1) if (bytes[i] !== range.bytes[i]) return false;
  const rest = range.prefixBits & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return ((bytes[whole] ?? 0) & mask) === ((range.bytes[whole] ?? 0) & mask);
}

/** Equality by value: `::ffff:127.0.0.1` is `127.0.0.1`. */
export function isSameAddress(a: IpAddress, b: IpAddress): boolean {
  return isInCidr(a, { ...unmapped(b), prefixBits: unmapped(b).bytes.length * 8 });
}

/** What kind of place an address is. Text that is no address is `never`: it must not be connected to. */
export function classifyAddress(text: string): AddressClass {
  const address = parseAddress(text);
  if (address === undefined) return 'never';
  return address.family === 4 ? classifyIpv4(address) : classifyIpv6(address);
}

const ranges = (rows: readonly (readonly [string, AddressClass])[]): readonly (readonly [Cidr, AddressClass])[] =>
  rows.map(([text, kind]) => {
    const range = parseCidr(text);
    if (range === undefined) throw new TypeError(`not a CIDR range: ${text}`);
    return [range, kind];
  });

// Most specific first: the first range that holds the address decides.
const IPV4_RANGES = ranges([
  ['0.0.0.0/8', 'never'], // "this network"; 0.0.0.0 is the local host on Linux
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'], // carrier-grade NAT, RFC 6598
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'never'], // link-local, RFC 3927
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'private'], // IETF protocol assignments
  ['192.0.2.0/24', 'private'], // documentation, RFC 5737
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'private'], // benchmarking, RFC 2544
  ['198.51.100.0/24', 'private'],
  ['203.0.113.0/24', 'private'],
  ['224.0.0.0/4', 'never'], // multicast
  ['255.255.255.255/32', 'never'],
  ['240.0.0.0/4', 'private'], // reserved, in use inside some clouds
]);

const IPV6_RANGES = ranges([
  ['::/128', 'never'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'never'], // link-local
  ['ff00::/8', 'never'], // multicast
  ['fd00:ec2::/32', 'never'], // metadata service of AWS
  ['fd20:ce::/32', 'never'], // metadata service of Google Cloud
  ['2001:db8::/32', 'private'], // documentation
  ['3fff::/20', 'private'], // documentation, RFC 9637
  ['2000::/3', 'public'],
]);

function classifyIpv4(address: IpAddress): AddressClass {
  return IPV4_RANGES.find(([range]) => isInCidr(address, range))?.[1] ?? 'public';
}

function classifyIpv6(address: IpAddress): AddressClass {
  const plain = unmapped(address);
  if (plain.family === 4) return classifyIpv4(plain);
  // The IPv4 ranges do not match here: isInCidr compares within one family.
  const own = IPV6_RANGES.find(([range]) => isInCidr(plain, range))?.[1] ?? (startsWith(plain, NAT64) ? 'public' : 'private');
  return embeddedIpv4(plain).map(classifyIpv4).map(remote).reduce(stricter, own);
}

const STRICTNESS: Readonly<Record<AddressClass, number>> = { public: 0, private: 1, loopback: 2, never: 3 };
const stricter = (a: AddressClass, b: AddressClass): AddressClass => (STRICTNESS[a] >= STRICTNESS[b] ? a : b);
/** A translator or tunnel whose inner address is a loopback leads to somebody else's, or back: to none that was meant. */
const remote = (inner: AddressClass): AddressClass => (inner === 'loopback' ? 'never' : inner);

const NAT64 = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
const NAT64_LOCAL = [0x00, 0x64, 0xff, 0x9b, 0, 1];
const startsWith = ({ bytes }: IpAddress, prefix: readonly number[]): boolean => prefix.every((byte, i) => bytes[i] === byte);

function embeddedIpv4(address: IpAddress): IpAddress[] {
  const at = (offset: number, flip = 0): IpAddress => {
    return { family: 4, bytes: address.bytes.slice(offset, offset + 4).map((byte) => byte ^ flip) };
  };
  if (classIsFixed(address)) return [];
  if (startsWith(address, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])) return [at(12)]; // compatible, RFC 4291, 2.5.5.1
  if (startsWith(address, NAT64) || startsWith(address, NAT64_LOCAL)) return [at(12)];
  if (startsWith(address, [0x20, 0x02])) return [at(2)]; // 6to4
  if (startsWith(address, [0x20, 0x01, 0, 0])) return [at(4), at(12, 0xff)]; // Teredo: server, client inverted
  const isatap = address.bytes[9] === 0 && address.bytes[10] === 0x5e && address.bytes[11] === 0xfe;
  return isatap && ((address.bytes[8] ?? 0) & 0xfd) === 0 ? [at(12)] : [];
}

/** `::` and `::1` look like compatible addresses and are not. */
function classIsFixed(address: IpAddress): boolean {
  return address.bytes.subarray(0, 15).every((byte) => byte === 0) && (address.bytes[15] ?? 0) <= 1;
}

/** `::ffff:a.b.c.d` as the IPv4 address that the kernel connects to. */
function unmapped(address: IpAddress): IpAddress {
  const mapped = address.family === 6 && startsWith(address, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
  return mapped ? { family: 4, bytes: address.bytes.slice(12) } : address;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  // A leading zero would be octal to some readers and decimal to others.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** RFC 4291, section 2.2: eight groups, one `::`, and a dotted IPv4 address for the last two. */
function parseIpv6(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)([\d.]+)$/.exec(text);
  if (text.includes('.')) {
    const tail = dotted === null ? undefined : parseIpv4(dotted[2] ?? '');
    if (tail === undefined || dotted === null) return undefined;
    const group = (offset: number): string => (((tail[offset] ?? 0) << 8) | (tail[offset + 1] ?? 0)).toString(16);
    return parseIpv6(`${dotted[1] ?? ''}${group(0)}:${group(2)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
  if (!groups.every((part) => /^[\da-f]{1,4}$/i.test(part))) return undefined;
  return Uint8Array.from(groups.flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff]));
}
