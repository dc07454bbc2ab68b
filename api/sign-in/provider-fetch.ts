import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { CustomFetch } from 'openid-client';
import { isInner } from '../../domain/inner-address.ts';

/** Far more than any metadata, keys or tokens. */
const longestAnswerBytes = 512 * 1024;

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
