import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Connector, Target } from '../../activities/connectors/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createEndingActivities } from '../../activities/index.ts';
import { provisionRequest } from '../../activities/provision.ts';
import type { Engine, InTrace, WakeUp } from '../../activities/engine.ts';
import { createRelay } from '../../activities/relay.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { ask } from '../support/asking.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { memoryTarget } from '../support/memory-connector.ts';
import { quietRuntime } from '../support/stack.ts';
import { askCredential, isCredentialReplaced, orderEnding, tell } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

// Acme's environment lies in the target `eu`, which hangs here; Initech's in `us`, which does not.

let ledger: EphemeralLedger;
let deps: ActivityDeps;
let isHanging = false;
const woken: WakeUp[] = [];
const traces: (string | null)[] = [];

const engine: Engine = {
  wake: async (wakeUp) => {
    woken.push(wakeUp);
    return 'delivered';
  },
  look: async () => 'running',
  replace: async () => undefined,
};
const inTrace: InTrace = (traceparent, work) => {
  traces.push(traceparent);
  return work();
};

beforeAll(async () => {
  quietRuntime();
  ledger = await ephemeralLedger();
  const { decide, mayHoldMany } = readDefaultPolicies();
  const connector = hangingInEurope(memoryTarget());
  deps = {
    ledger: ledger.system,
    connectors: new Map([[connector.kind, connector]]),
    sealing: ledger.keys.sealing,
    // Nobody has to approve here, whatever the resource.
    decide: (question) => ({ ...decide(question), outcome: 'automatic', stages: [], longest: 'PT8H' }),
    mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
});

afterEach(() => {
  isHanging = false;
});

afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

function hangingInEurope(real: Connector): Connector {
  const hang = ({ resource }: Target) =>
    resource === 'acme-env'
      ? eventually('the end of the hanging', async () => !isHanging, { timeoutMs: 30_000, everyMs: 20 })
      : Promise.resolve(true);
  return {
    ...real,
    async apply(target, change, attempt) {
      await hang(target);
      await real.apply(target, change, attempt);
    },
    async replacePassword(target, ...rest) {
      await hang(target);
      await real.replacePassword(target, ...rest);
    },
  };
}

async function held(resource: 'acme-env' | 'initech-env'): Promise<{ requestId: string; grantId: string }> {
  const { requestId } = await ask(db(), { resource });
  await provisionRequest(deps, requestId, AbortSignal.timeout(10_000));
  const { grant } = await tell(db(), requestId);
  expect(grant?.state).toBe('held');
  return { requestId, grantId: grant?.id ?? '' };
}

describe('a credential to replace on a target that hangs', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  const askAnew = (grantId: string) => askCredential(db(), deps.sealing, grantId, traceparent);
  const isReplaced = (grantId: string) => isCredentialReplaced(db(), grantId);

  it('delays no wake-up and no credential elsewhere, and is replaced when the target is back', async () => {
    const relay = createRelay(deps, engine, inTrace);
    const abroad = await Promise.all(Array.from({ length: 6 }, () => held('acme-env')));
    const here = await held('initech-env');
    const late = await held('initech-env');
    isHanging = true;
    for (const { grantId } of [...abroad, here]) await askAnew(grantId);
    expect(await relay.replaceCredentials()).toBe(7);
    await eventually('the replacement elsewhere', () => isReplaced(here.grantId), { timeoutMs: 5_000 });

    await db().execute(sql`update outbox set due_at = tenure_now() where delivered_at is null`);
    woken.length = 0;
    await relay.deliver();
    // What comes later finds room as well, and what is under way is not begun twice.
    await askAnew(late.grantId);
    await relay.replaceCredentials();
    await eventually('the later one', () => isReplaced(late.grantId), { timeoutMs: 5_000 });
    for (const { grantId } of abroad) expect(await isReplaced(grantId)).toBe(false);
    expect(woken.map(({ subjectId }) => subjectId)).toContain(here.requestId);

    isHanging = false;
    await eventually('the others', async () => {
      await db().execute(sql`update outbox set due_at = tenure_now() where delivered_at is null`);
      await relay.replaceCredentials();
      const all = await Promise.all(abroad.map(({ grantId }) => isReplaced(grantId)));
      return all.every(Boolean);
    });
    await relay.settled();
    expect(new Set(traces)).toEqual(new Set([traceparent]));
  });
});

describe('an end on a target that hangs', () => {
  it('keeps a place only while there is one: the rest asks again soon, and ends elsewhere come in time', async () => {
    const { end } = createEndingActivities(deps);
    const run = (requestId: string) => new MockActivityEnvironment().run(() => end(requestId));
    const abroad = await Promise.all(Array.from({ length: 12 }, () => held('acme-env')));
    const here = await held('initech-env');
    isHanging = true;
    for (const { requestId } of [...abroad, here]) await orderEnding(db(), requestId, 'revocation');

    const refused: unknown[] = [];
    const tries = abroad.map(({ requestId }) =>
      run(requestId).catch((error: unknown) => refused.push(error)),
    );
    await eventually('four that find no place', async () => refused.length === 4, { timeoutMs: 5_000 });
    for (const error of refused) expect(error).toMatchObject({ type: 'target-busy', nonRetryable: false });
    await run(here.requestId);
    expect(await tell(db(), here.requestId)).toMatchObject({ grant: { state: 'ended' } });
    for (const { requestId } of abroad)
      expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'held' } });

    isHanging = false;
    await Promise.all(tries);
    await Promise.all(abroad.map(({ requestId }) => run(requestId)));
    for (const { requestId } of abroad)
      expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'ended' } });
  });
});
