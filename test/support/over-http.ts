import { mintTrialToken } from '../../bin/local-token.ts';
import { freePort } from '../../bin/local/ports.ts';
import type { RunningProcess } from '../../bin/local/running-process.ts';
import type { Processes } from './outage.ts';
import type { Stack } from './stack.ts';
import { eventually } from './wait.ts';

/** What the API answered, how long it took, and the token that it was asked with. */
export interface HttpAnswer {
  status: number;
  body: Record<string, unknown>;
  tookMs: number;
  token: string;
}

/** bin/api.ts as a process of its own, called over HTTP. */
export interface HttpApi {
  process: RunningProcess;
  /** Where it answers. */
  url: string;
  /** Posts as that person, signed in with a second factor. */
  post(email: string, path: string, body: object): Promise<HttpAnswer>;
}

/** Starts it on a free port and waits until it answers. `more` goes into its environment. */
export async function startHttpApi(
  stack: Stack,
  processes: Processes,
  more: Record<string, string> = {},
): Promise<HttpApi> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await processes.start('api', { PORT: String(port), ...more });
  const isUp = async () => (await fetch(`${url}/healthz`).catch(() => null))?.ok;
  await eventually('the API', isUp, { timeoutMs: 60_000 });
  return {
    process,
    url,
    async post(email, path, body) {
      const wish = { email, amr: ['pwd', 'otp', 'mfa'], ttlMs: 60_000 };
      const owner = { ownerUrl: stack.ledgerServer.url, masterKey: stack.key };
      const { token } = await mintTrialToken(owner, wish);
      const since = performance.now();
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer: unknown = await response.json();
      const tookMs = Math.round(performance.now() - since);
      return { status: response.status, body: { ...Object(answer) }, tookMs, token };
    },
  };
}
