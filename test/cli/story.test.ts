import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { mintTrialToken } from '../../bin/local-token.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { startHttpApi } from '../support/over-http.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { type Ran, runWords } from './run-words.ts';

// The command line against the real API and worker: each command once for people and once for programs.

let stack: Stack;
let processes: Processes;
let url: string;

beforeAll(async () => {
  stack = await startStack();
  processes = processesOf(stack);
  await processes.start('worker');
  ({ url } = await startHttpApi(stack, processes));
}, 120_000);
afterAll(async () => {
  await processes.stop();
  await stack.stop();
});

const people = {
  sam: 'sam@northwind.example',
  priya: 'priya@northwind.example',
  sita: 'sita@northwind.example',
};

/** Runs a command as one of them, on a terminal of 80 columns that nobody types at. */
async function tenure(who: keyof typeof people, words: string[]): Promise<Ran> {
  const installation = { ownerUrl: stack.ledgerServer.url, masterKey: stack.key };
  return runWords(url, [...words, '--as', people[who]], {
    columns: 80,
    deps: {
      now: () => Date.now(),
      pollEveryMs: 100,
      giveUpAfterMs: 30_000,
      mintLocalToken: async (wish) => ({ ...(await mintTrialToken(installation, wish)), baseUrl: url }),
    },
  });
}

/** The same for people, which must succeed, within its 80 columns. */
async function told(who: keyof typeof people, words: string[]): Promise<string> {
  const { code, out, err } = await tenure(who, words);
  expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
  return out;
}

/** The same for programs: the API's own JSON, and nothing else anywhere. */
async function json<T>(shape: z.ZodType<T>, who: keyof typeof people, words: string[]): Promise<T> {
  const { code, out, err } = await tenure(who, [...words, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return shape.parse(JSON.parse(out));
}

const requestSchema = z.object({
  id: z.string(),
  reference: z.string(),
  state: z.string(),
  grant: z.object({ id: z.string(), state: z.string() }).nullable(),
});
const listSchema = z.object({
  items: z.array(z.object({ id: z.string(), state: z.string() })),
  next_cursor: z.null(),
});
const endingSchema = z.object({ kind: z.string(), grant_id: z.string() });

const wish = ['globex-env', 'read', '--for', '1h', '--ticket', 'SUP-1', '--why', 'Invoices fail to load'];
const ask = ['request', ...wish, '--no-wait'];
const when = ['--from', '2026-01-01', '--to', '2126-01-01'];

/** Waits until its grant is in that state, through the command line itself. */
async function untilGrantIs(reference: string, state: string): Promise<string> {
  await expect
    .poll(async () => (await json(requestSchema, 'sam', ['show', reference])).grant?.state, {
      timeout: 30_000,
    })
    .toBe(state);
  return (await json(requestSchema, 'sam', ['show', reference])).grant?.id ?? '';
}

it('tells one access from the wish to its return, to people', async () => {
  expect(await told('sam', ['preview', ...wish])).toMatch(/^read on globex-env, for 1 h {2}needs approval$/m);
  const asked = await told('sam', [...ask, '--yes']);
  const reference = /^(AR-\d+) {2}waiting for /m.exec(asked)?.[1] ?? '';
  expect(await told('sam', ['show', reference])).toContain('Invoices fail to load');
  expect(await told('priya', ['waiting'])).toContain(reference);
  expect(await told('priya', ['approve', reference])).toContain('Approved.\n');
  const grant = await untilGrantIs(reference, 'held');
  expect(await told('sam', ['credential', reference])).toContain('/globex_env');
  expect(await told('sam', ['show', grant])).toMatch(/^read on globex-env \(Globex\) {2}until /m);
  expect(await told('sam', ['held'])).toContain('1 grant is held.');
  expect(await told('sita', ['who-has', 'globex'])).toContain('1 person has access to globex at ');
  expect(await told('sam', ['return', reference])).toContain('Returned, recorded ');
  await untilGrantIs(reference, 'ended');
  expect(await told('sam', ['held'])).toBe('Nothing is held.\n');
  const had = await told('sita', ['who-had', 'globex', ...when]);
  expect(had).toContain('1 person had access to globex between ');
  expect(had).toMatch(/Sam .*return/);
}, 90_000);

it('tells the same to programs, to the revocation', async () => {
  const { reference } = await json(requestSchema, 'sam', ask);
  const shown = await json(requestSchema, 'sam', ['show', reference]);
  expect(shown).toMatchObject({ state: 'waiting', grant: null });
  const approve = ['approve', reference, '--comment', 'Go ahead'];
  const decided = await json(z.object({ decision: z.string(), request_id: z.string() }), 'priya', approve);
  expect(decided).toEqual({ decision: 'approve', request_id: shown.id });
  const grant = await untilGrantIs(reference, 'held');
  const credential = await json(z.object({ grant_id: z.string(), url: z.url() }), 'sam', [
    'credential',
    reference,
  ]);
  expect(credential.grant_id).toBe(grant);
  const heldNow = { items: [{ id: grant, state: 'held' }] };
  expect(await json(listSchema, 'sam', ['held'])).toMatchObject(heldNow);
  expect(await json(listSchema, 'sita', ['who-has', 'globex-env'])).toMatchObject(heldNow);
  const revoked = await json(endingSchema, 'priya', ['revoke', grant, '--why', 'The ticket was closed']);
  expect(revoked).toEqual({ kind: 'revocation', grant_id: grant });
  await untilGrantIs(reference, 'ended');
  const { items } = await json(listSchema, 'sita', ['who-had', 'globex', ...when]);
  expect(items.find(({ id }) => id === grant)?.state).toBe('ended');
}, 90_000);

it('ends with the code of what the API refuses, to both', async () => {
  const { reference } = await json(requestSchema, 'sam', ask);
  const own = await tenure('sam', ['approve', reference]);
  expect(own).toMatchObject({ code: 5, out: '' });
  const tooLong = ['request', 'globex-env', 'read', '--for', '9h', '--ticket', 'SUP-1', '--why', 'x'];
  const refused = await tenure('sam', [...tooLong, '--json']);
  expect(refused).toMatchObject({ code: 2, err: '' });
  expect(JSON.parse(refused.out)).toMatchObject({ type: 'urn:tenure:problem:period-too-long' });
  expect((await tenure('sam', ['show', 'AR-999999'])).code).toBe(4);
  const denied = ['deny', reference, '--comment', 'Not today'];
  expect((await tenure('priya', denied)).code).toBe(0);
  const again = await tenure('priya', denied);
  expect(again).toMatchObject({ code: 3, out: '' });
});
