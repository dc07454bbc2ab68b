import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isInner } from '../../domain/inner-address.ts';
import { type DeliveryError, literalOf, type Reachable, readWebhookUrl } from '../../domain/webhook.ts';
import { errorCode, networkFailure } from '../connectors/network-failures.ts';

/** More than anybody says to an event. */
const longestAnswerBytes = 65_536;

/** Nothing came back that could be counted as an answer. Carries a closed code only. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  constructor(readonly code: DeliveryError) {
    super(code);
  }
}

/** What is looked at of an answer. */
export interface EgressAnswer {
  status: number;
  retryAfter: string | null;
  /** Empty unless answers are read. */
  body: string;
}

type Resolve = (
  hostname: string,
  options: { all: true },
  answer: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface EgressOptions {
  reachable: Reachable;
  /** How long one request may take altogether, from looking its name up until the end of what is read, in milliseconds. */
  limitMs: number;
  /** How long an answer may be that is read; none is read unless given: what says nothing but yes or no passes unread. */
  longestReadBytes?: number;
  /** In place of the system's resolver, and of the rule which addresses are refused; for tests. */
  resolve?: Resolve;
  refuses?: (address: string) => boolean;
}

/** One request to an address that somebody else named. */
export interface EgressRequest {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** Null where there is none. */
  body: string | null;
  signal: AbortSignal | null;
}

/**
 * Makes what asks addresses that others named, or tells them something; it throws an {@link EgressError} alone. A name is looked up once for each request, every address that it has is checked,
 * and the connection is made to one of these and no other: a name that means something else the next time leads nowhere else.
 * Redirects are not followed, and connections not kept.
 */
export function createRequest({
  reachable,
  limitMs,
  longestReadBytes,
  resolve = resolveName,
  refuses = isInner,
}: EgressOptions): (address: string, request: EgressRequest) => Promise<EgressAnswer> {
  const isRefused = (address: string) => reachable === 'outside' && refuses(address);
  const lookup: LookupFunction = (hostname, { all }, answer) => {
    resolve(hostname, { all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return answer(error ?? new EgressError('unreachable'), '', 0);
      if (addresses.some(({ address }) => isRefused(address)))
        return answer(new EgressError('not-allowed'), '', 0);
      return all ? answer(null, addresses) : answer(null, first.address, first.family);
    });
  };

  return async (address, { method, headers, body, signal }) => {
    const read = readWebhookUrl(address, reachable);
    if ('problem' in read) throw new EgressError('not-allowed');
    const url = new URL(read.url);
    const literal = literalOf(url);
    // No name is looked up where an address stands.
    if (literal !== null && isRefused(literal)) throw new EgressError('not-allowed');
    const limit = AbortSignal.timeout(limitMs);
    const options = {
      method,
      headers: { ...headers, ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      agent: false as const,
      lookup,
    };
    try {
      return await new Promise<EgressAnswer>((resolveAnswer, reject) => {
        const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(
          url,
          options,
          (incoming) => {
            const status = incoming.statusCode ?? 0;
            const retryAfter = incoming.headers['retry-after'] ?? null;
            if (longestReadBytes !== undefined)
              readAll(incoming, longestReadBytes).then(
                (said) => resolveAnswer({ status, retryAfter, body: said }),
                reject,
              );
            else {
              resolveAnswer({ status, retryAfter, body: '' });
              passOver(incoming);
            }
          },
        );
        request.on('error', reject);
        request.end(body ?? undefined);
      });
    } catch (error) {
      throw new EgressError(limit.aborted ? 'timed-out' : codeOf(error));
    }
  };
}

async function readAll(incoming: IncomingMessage, longestBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > longestBytes) throw new EgressError('refused');
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What else is said is nobody's business here: it passes unread, and what does not end is cut off. */
function passOver(incoming: IncomingMessage): void {
  let bytes = 0;
  incoming.on('error', () => undefined);
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > longestAnswerBytes) incoming.destroy();
  });
}

/** Node's own errors may carry what was received; none of them leaves here. */
function codeOf(error: unknown): DeliveryError {
  if (error instanceof EgressError) return error.code;
  const meant = networkFailure(errorCode(error));
  if (meant === null) return 'refused';
  return meant === 'misconfigured' ? 'tls-failed' : 'unreachable';
}
