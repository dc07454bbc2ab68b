import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Api } from '../../api/route.ts';
import { type Answer, type ApiHarness, startApi } from './api.ts';
import { standing } from './standing.ts';
import { eventually } from './wait.ts';

const sam = 'sam@northwind.example';
const omar = 'omar@northwind.example';

interface AskOptions {
  api?: Api;
  path?: string;
  headers?: Record<string, string>;
}

/** An API of the test's own, and an application of the vendor that asks it. */
export interface Asking {
  http: ApiHarness;
  /** The application's token. */
  token: string;
  tokenId: string;
  /** Asks as the application; a text is sent as it is. */
  ask(body: unknown, options?: AskOptions): Promise<Answer>;
  /** Whether the answer is yes. */
  yes(body: unknown, options?: AskOptions): Promise<boolean>;
  /** Orders a grant to end, as a revocation does. */
  orderEnd(grantId: string): Promise<unknown>;
  /** Sam holds `read` on Globex’s environment; ended when the test is over. */
  holding(work: (held: { id: string; grantId: string }) => Promise<void>): Promise<void>;
}

/** Starts it in a few seconds. Stop it by `http.stop()`. */
export async function startAsking(): Promise<Asking> {
  const http = await startApi();
  const made = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'Northwind’s application' });
  expect(made.status).toBe(201);
  const { token, id: tokenId } = made.body;

  async function ask(body: unknown, { api = http.api, path, headers = {} }: AskOptions = {}) {
    const response = await api.request(path ?? '/access/v1/evaluation', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  }

  const yes: Asking['yes'] = async (body, options) => (await ask(body, options)).body.decision;

  const orderEnd: Asking['orderEnd'] = (grantId) =>
    http.ledger.owner.db.execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId} and due_at > tenure_now()`,
    );

  async function holding(work: (held: { id: string; grantId: string }) => Promise<void>): Promise<void> {
    const held = await standing(http, 'held');
    await eventually('the grant is seen', () => yes(question()));
    try {
      await work(held);
    } finally {
      await orderEnd(held.grantId);
    }
    await eventually('the end is seen', async () => !(await yes(question())));
  }

  return { http, token, tokenId, ask, yes, orderEnd, holding };
}

/** May Sam read Globex’s environment? Or somebody else something else. */
export const question = (
  more: { who?: string; action?: string; resource?: object; context?: object; options?: object } = {},
) => ({
  subject: { type: 'person', id: more.who ?? sam },
  action: { name: more.action ?? 'read' },
  resource: { type: 'resource', id: 'globex-env', ...more.resource },
  ...(more.context ? { context: more.context } : {}),
  ...(more.options ? { options: more.options } : {}),
});

/** Asks the ledger itself, not what is in memory. */
export const exact = { options: { exact: true } };

/** So old is an answer at most, in milliseconds. */
export const boundMs = 1_000;
