import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import type { Engine } from '../../activities/engine.ts';
import { createRelay } from '../../activities/relay.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { ask } from '../support/asking.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { repairNow } from '../support/story.ts';

let ledger: EphemeralLedger;
let deps: ActivityDeps;
const said: string[] = [];

beforeAll(async () => {
  ledger = await ephemeralLedger();
  deps = {
    ledger: ledger.system,
    connectors: new Map(),
    sealing: ledger.keys.sealing,
    decide: readDefaultPolicies().decide,
    mayHoldMany: readDefaultPolicies().mayHoldMany,
    reach: async () => undefined,
    log: pino({}, { write: (line: string) => void said.push(line) }),
  };
});

afterAll(() => ledger?.stop());

it('a request that cannot be brought back is said, and keeps no other from it', async () => {
  const { db } = ledger.system;
  const asked = await Promise.all([ask(db), ask(db), ask(db)]);
  const [broken, ...others] = asked.map(({ requestId }) => requestId);
  const woken: string[] = [];
  const engine: Engine = {
    wake: async ({ subjectId }) => {
      woken.push(subjectId);
      return 'delivered';
    },
    look: async ({ subjectId }) => {
      if (subjectId === broken) throw new Error('something only this one has');
      return 'gone';
    },
    replace: async () => undefined,
  };
  const relay = createRelay(deps, engine, (_, work) => work());
  expect(await repairNow({ ledger: ledger.system, relay })).toBe(2);
  expect(woken.toSorted()).toEqual(others.toSorted());
  const lines = said.map((line): unknown => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 40, requestId: broken, code: 'internal-error', msg: 'not repaired' },
  ]);
});
