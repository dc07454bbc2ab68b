import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { serviceTokens } from '../../crypto/service-token.ts';
import { newId } from '../../domain/ids.ts';
import { ask } from '../support/asking.ts';
import { giveBySql } from '../support/grant-by-sql.ts';
import { pump } from './answers/pump.ts';
import type { Ask, Ports, Told } from './answers/words.ts';
import { type Figure, pairs } from './harness.ts';
import { type BenchLedger, onLedger } from './servers.ts';

const runs = 5;

/**
 * Questions of applications, over HTTP on kept connections, in seconds of the server's own processor: answered from memory, over those of a bare route that looks one thing up in
 * a map; and with a policy that looks at each call, over that route when it asks Cedar alone as well.
 */
export const evaluations: Figure = {
  goals: [
    { id: 'authzen-vs-route', bound: '>=', limit: 0.8, quote: 'median' },
    { id: 'authzen-condition-vs-cedar', bound: '>=', limit: 0.8, quote: 'median' },
  ],
  measure: ({ isFull, say }) =>
    onLedger(2, async (ledger) => {
      const question = await sceneOf(ledger);
      const server = fork(fileURLToPath(new URL('answers/server.ts', import.meta.url)), [ledger.appUrl]);
      try {
        return await compare(server, question, isFull ? 3_000 : 1_000, say);
      } finally {
        server.send('end' satisfies Ask);
        await once(server, 'exit');
      }
    }),
};

async function compare(
  server: ChildProcess,
  question: Buffer,
  forMs: number,
  say: (text: string) => void,
): Promise<number[][]> {
  const ports = await told<Ports>(server);
  /** Answers in a second of the server's processor. */
  const of = (side: keyof Ports) => async () => {
    const before = await asked<{ spentMs: number }>(server, 'spent');
    const answers = await pump(ports[side], question, forMs);
    const after = await asked<{ spentMs: number }>(server, 'spent');
    return (answers * 1_000) / (after.spentMs - before.spentMs);
  };
  // Compiled, and the person in memory, before anything is counted: twice, since what two of them share is compiled anew after the second.
  const sides = ['product', 'condition', 'bare', 'bareCedar'] as const;
  for (const side of [...sides, ...sides]) await of(side)();
  const ratios = async (product: keyof Ports, baseline: keyof Ports, words: string) => {
    const two = { product: of(product), baseline: of(baseline) };
    const each = await pairs(runs, two, (one, other) =>
      say(`${Math.round(one)}/s ${words}, ${Math.round(other)}/s`),
    );
    return each.map((pair) => pair.product / pair.baseline);
  };
  return [
    await ratios('product', 'bare', 'from memory, by a bare route'),
    await ratios('condition', 'bareCedar', 'with a condition, by a bare route and Cedar'),
  ];
}

function asked<T extends Told>(server: ChildProcess, words: Ask): Promise<T> {
  server.send(words);
  return told(server);
}

/** What it says next. Both sides are ours, and know each other's words. */
async function told<T extends Told>(server: ChildProcess): Promise<T> {
  const gone = new AbortController();
  const ended = once(server, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('Whoever answers has ended.');
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(server, 'message', { signal: gone.signal }), ended])) as [T];
    return message;
  } finally {
    gone.abort();
  }
}

/** Sam holds access, an application has a token, and asks about him. */
async function sceneOf({ server, system }: BenchLedger): Promise<Buffer> {
  const { requestId } = await ask(system.db, { resource: 'initech-env', period: 'PT20M' });
  const grantId = newId('grant');
  const until = sql`tenure_now() + interval '20 minutes'`;
  const given = await giveBySql(system.db, requestId, { id: grantId, until });
  if (given !== 'accepted') throw new Error(`The grant was refused: ${given}`);
  await system.db.execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  const token = serviceTokens.make();
  const owner = postgres(server.url, { max: 1 });
  await owner`
    insert into service_token (id, label, token_hash, made_by, expires_at)
    select ${newId('svt')}, 'bench', ${serviceTokens.hashOf(token)}, id, tenure_now() + interval '1 day'
    from person where email = 'omar@northwind.example'`;
  await owner.end();
  const body = JSON.stringify({
    subject: { type: 'person', id: 'sam@northwind.example' },
    action: { name: 'read' },
    resource: { type: 'resource', id: 'initech-env' },
    context: { ip: '10.1.2.3' },
  });
  const lines = [
    'POST /access/v1/evaluation HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
