import { setMaxListeners } from 'node:events';
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { endsPerTarget } from '../../../domain/limits.ts';
import { ConnectorError } from '../errors.ts';
import { errorCode, networkFailure } from '../network-failures.ts';
import type { WebhookSettings } from './settings.ts';

/** Ends and looks have connections of their own, so that a rush of beginnings cannot delay them. */
export type Lane = 'giving' | 'ending';

interface Outgoing {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  /** Null sends none. */
  body: string | null;
  certificateAuthority: WebhookSettings['certificateAuthority'];
}

export interface Answer {
  status: number;
  body: string;
}

export interface Wire {
  /**
   * Sends one request and reads the whole answer, whatever its status; a redirect is not followed.
   * @throws ConnectorError when there is none within the time, or one too large; the signal's reason when it aborts.
   */
  exchange(lane: Lane, outgoing: Outgoing, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

/** An account with a thousand holdings fits; whoever sends more is not the application. */
const answerLimitBytes = 1_048_576;
const defaultLimitMs = 10_000;

/** Keeps connections to applications, at most a few per address and lane. @param limitMs for each request as a whole. */
export function createWire(limitMs = defaultLimitMs): Wire {
  const options = { keepAlive: true, maxSockets: endsPerTarget };
  const agents = {
    giving: { plain: new PlainAgent(options), tls: new TlsAgent(options) },
    ending: { plain: new PlainAgent(options), tls: new TlsAgent(options) },
  };

  function begin(lane: Lane, outgoing: Outgoing, signal: AbortSignal) {
    const { method, url, headers, certificateAuthority } = outgoing;
    if (url.startsWith('http:'))
      return plainRequest(url, { method, headers, signal, agent: agents[lane].plain });
    const trusted = certificateAuthority === null ? {} : { ca: certificateAuthority };
    return tlsRequest(url, { method, headers, signal, agent: agents[lane].tls, ...trusted });
  }

  /** Null when a kept connection was closed at the other end: requests may be repeated, so another one is tried at once. */
  async function tryOnce(lane: Lane, outgoing: Outgoing, signal: AbortSignal): Promise<Answer | null> {
    const request = begin(lane, outgoing, signal);
    const limit = setTimeout(() => request.destroy(new ConnectorError('target-unreachable')), limitMs);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        request.on('error', reject);
        request.on('response', (incoming) => {
          readAll(incoming).then(resolve, reject);
        });
        request.end(outgoing.body ?? undefined);
      });
    } catch (error) {
      request.destroy();
      if (request.reusedSocket && errorCode(error) === 'ECONNRESET') return null;
      throw exchangeError(error, signal);
    } finally {
      clearTimeout(limit);
    }
  }

  return {
    async exchange(lane, outgoing, signal) {
      signal.throwIfAborted();
      // A page of people is one activity with one signal and many requests; each takes its listener away again.
      setMaxListeners(0, signal);
      for (let tries = 0; tries < endsPerTarget; tries += 1) {
        const answer = await tryOnce(lane, outgoing, signal);
        if (answer) return answer;
      }
      throw new ConnectorError('target-unreachable');
    },
    close() {
      for (const { plain, tls } of Object.values(agents)) {
        plain.destroy();
        tls.destroy();
      }
    },
  };
}

async function readAll(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > answerLimitBytes) incoming.destroy(new ConnectorError('target-error'));
    else chunks.push(chunk);
  });
  await new Promise<void>((resolve, reject) => {
    incoming.once('end', () => resolve());
    incoming.once('error', reject);
    // It comes after the end, too: an error, with its stack, is made only where it is one.
    incoming.once('close', () => {
      if (!incoming.readableEnded) reject(new ConnectorError('target-unreachable'));
    });
  });
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

/** Node's own errors may carry what was received; none of them leaves here. */
function exchangeError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ConnectorError) return error;
  return new ConnectorError(networkFailure(errorCode(error)) ?? 'target-error');
}
