import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { pino } from 'pino';
import { createPost } from '../../activities/egress/post.ts';
import { createWebhooks } from '../../activities/webhooks/sending.ts';
import { confirmEnded, readEndCase } from '../../db/queries/end.ts';
import { actors } from '../../domain/audit-event.ts';
import type { ApiHarness } from './api.ts';
import { holdBySql } from './grant-by-sql.ts';

/** Who takes security event tokens by push (RFC 8935), and the worker that sends them. */
export interface SetReceiver {
  origin: string;
  /** What came, in order, until it is emptied. */
  taken: { path: string; headers: IncomingHttpHeaders; token: string }[];
  /** What is answered from now on; 202 at first. */
  answer(status: number): void;
  /** Sends all that is due. */
  run(): Promise<void>;
  stop(): void;
}

export const setAudience = 'https://app.example';

export async function startSetReceiver(http: ApiHarness): Promise<SetReceiver> {
  let status = 202;
  const taken: SetReceiver['taken'] = [];
  const server = createServer((request, response) => {
    void text(request).then((token) => {
      taken.push({ path: request.url ?? '', headers: request.headers, token });
      response.writeHead(status).end(status === 400 ? '{"err":"invalid_audience"}' : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const webhooks = createWebhooks({
    ledger: http.ledger.system,
    sealing: http.ledger.keys.sealing,
    post: createPost({ reachable: 'anywhere', limitMs: 5_000 }),
    publicUrl: 'http://localhost:3000',
    log: pino({ enabled: false }),
  });
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    taken,
    answer(next) {
      status = next;
    },
    async run() {
      await webhooks.forward();
      while ((await webhooks.send()) > 0) await webhooks.settled();
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Somebody's access ends, as the worker has it confirmed. */
export async function endAccess(http: ApiHarness, resource = 'initech-env'): Promise<string> {
  const { system } = http.ledger;
  const { grantId } = await holdBySql(system.db, { resource });
  await system.db.execute(
    sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId}`,
  );
  const subject = await readEndCase(system.db, grantId);
  if (!subject) throw new RangeError('No such grant.');
  if (!(await confirmEnded(system.db, subject, actors.engine))) throw new RangeError('It had ended.');
  return grantId;
}

/** What a token says that is signed with the published keys, for the audience of these tests. */
export async function readSet(http: ApiHarness, token: string): Promise<JWTPayload> {
  const { body: keys } = await http.call(null, 'GET', '/.well-known/jwks.json');
  const { body: ssf } = await http.call(null, 'GET', '/.well-known/ssf-configuration');
  const expected = { issuer: ssf.issuer, audience: setAudience, algorithms: ['RS256'] };
  const verified = await jwtVerify(token, createLocalJWKSet(keys), { ...expected, typ: 'secevent+jwt' });
  return verified.payload;
}
