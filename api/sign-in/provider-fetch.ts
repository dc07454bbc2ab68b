import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { CustomFetch } from 'openid-client';

/** Far more than any metadata, keys or tokens. */
const longestAnswerBytes = 512 * 1024;

/** The networks that nobody outside of them reaches (RFC 6890): what a customer names must not lead us into our own. */
const inner = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inner.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inner.addSubnet(network, prefix, 'ipv6');

/** Whether an address is one of a private or otherwise inner network; an IPv4 address counts as what it is in IPv6, too. */
export function isInner(address: string): boolean {
  return inner.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The connection itself is looked up like this, so that a name cannot mean one address when asked and another when used. */
const lookupOutside: LookupFunction = (hostname, options, answer) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error || !first) return answer(error ?? new Error('No address.'), '', 0);
    if (addresses.some(({ address }) => isInner(address)))
      return answer(Object.assign(new Error('An inner address.'), { code: 'EINNER' }), '', 0);
    return options.all ? answer(null, addresses) : answer(null, first.address, first.family);
  });
};

/**
 * What a provider's metadata, keys and tokens are fetched with: it follows nothing, reads nothing endless, and with
 * `outsideOnly` reaches no inner network.
 */
export function providerFetch({ outsideOnly }: { outsideOnly: boolean }): CustomFetch {
  return (address, { body, headers, method, signal }) => {
    const url = new URL(address);
    const host = url.hostname.replaceAll(/^\[|\]$/g, '');
    if (outsideOnly && isIP(host) !== 0 && isInner(host)) throw new TypeError('An inner address.');
    if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof URLSearchParams))
      throw new TypeError('Only forms are sent to a provider.');
    const sent = body === undefined || body === null ? null : String(body);
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(
        url,
        {
          method,
          headers: { ...headers, ...(sent === null ? {} : { 'content-length': Buffer.byteLength(sent) }) },
          ...(signal ? { signal } : {}),
          ...(outsideOnly ? { lookup: lookupOutside } : {}),
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > longestAnswerBytes) request.destroy(new Error('The answer is too long.'));
            else chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () => resolve(responseOf(answer.statusCode ?? 502, answer.headers, chunks)));
        },
      );
      request.on('error', reject);
      request.end(sent ?? undefined);
    });
  };
}

function responseOf(
  status: number,
  headers: NodeJS.Dict<string | string[]>,
  chunks: readonly Buffer[],
): Response {
  const said = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of [value ?? []].flat()) said.append(name, one);
  const hasBody = ![101, 204, 205, 304].includes(status);
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: said });
}
