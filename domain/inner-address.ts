/**
 * The networks that nobody outside of them reaches (RFC 6890 and its registries): what somebody names to us must not lead us into
 * our own. An address of IPv6 that carries one of IPv4 is as inner as that is, and what is no address counts as inner.
 */
export function isInner(address: string): boolean {
  const four = readIpv4(address);
  if (four !== null) return isInnerIpv4(four);
  const six = readIpv6(address);
  if (six === null) return true;
  if (innerIpv6.some(([network, bits]) => six >> BigInt(128 - bits) === network >> BigInt(128 - bits)))
    return true;
  return carriers.some(
    ([network, bits, shift]) =>
      six >> BigInt(128 - bits) === network >> BigInt(128 - bits) &&
      isInnerIpv4(Number((six >> BigInt(shift)) & 0xffffffffn)),
  );
}

const innerIpv4 = (
  [
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
  ] as const
).map(([network, bits]) => [(readIpv4(network) ?? 0) / 2 ** (32 - bits), bits] as const);

const innerIpv6 = networks([
  // Unspecified, this machine, and the old way of writing an address of IPv4.
  ['::', 96],
  ['::ffff:0:0:0', 96],
  // NAT64 within one network, and what is thrown away.
  ['64:ff9b:1::', 48],
  ['100::', 64],
  // Teredo hides the address that it leads to.
  ['2001::', 32],
  // Names instead of places (RFC 7343), and segments of a network (RFC 9602).
  ['2001:20::', 28],
  ['5f00::', 16],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]);

/** What carries an address of IPv4, and how far from its end: mapped, NAT64 and 6to4. */
const carriers = networks([
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
]).map(([network, bits]) => [network, bits, bits === 16 ? 80 : 0] as const);

function networks(named: readonly (readonly [string, number])[]) {
  return named.map(([network, bits]) => [readIpv6(network) ?? 0n, bits] as const);
}

function isInnerIpv4(address: number): boolean {
  return innerIpv4.some(([network, bits]) => Math.floor(address / 2 ** (32 - bits)) === network);
}

function readIpv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** An address of RFC 4291, section 2.2, with a zone or without. */
function readIpv6(text: string): bigint | null {
  const [bare = ''] = text.split('%', 1);
  const [, before = bare, last] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare) ?? [];
  const four = last === undefined ? null : readIpv4(last);
  if (last !== undefined && four === null) return null;
  const tail =
    four === null ? '' : `${Math.floor(four / 65_536).toString(16)}:${(four % 65_536).toString(16)}`;
  const halves = `${before}${tail}`.split('::');
  const [head = [], rest = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - rest.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}
