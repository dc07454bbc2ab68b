import type { AddressInfo } from 'node:net';
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { connectionProblems } from '../../../activities/connectors/settings.ts';
import { createApi } from '../../../api/app.ts';
import { readDefaultPolicies } from '../../../bin/policies.ts';
import { digestOf } from '../../../crypto/digest.ts';
import { deriveKeys } from '../../../crypto/keys.ts';
import { openLedger } from '../../../db/client.ts';
import type { UseQuestion } from '../../../domain/policy.ts';
import { useInput } from '../../../policy/cedar-input.ts';
import { loadPolicies, type PolicySet } from '../../../policy/load.ts';
import { testKey } from '../../support/stack.ts';
import type { Ask, Told } from './words.ts';

// A process of its own: what answers, and what it is held against. Whoever asks does not share its processor.

const [appUrl = ''] = process.argv.slice(2);
const ledger = openLedger({ url: appUrl, max: 4, applicationName: 'tenure-bench' });
const defaults = readDefaultPolicies();

/** The default policies and one that looks at each call. */
const withCondition = loadPolicies(
  {
    ...defaults.source,
    texts: {
      ...defaults.source.texts,
      'network.cedar': `@id("network") @title("Only from our own network")
        forbid (principal, action == Action::"use", resource)
        unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };`,
    },
  },
  digestOf,
);

function portOf(fetch: (request: Request) => Response | Promise<Response>): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => resolve(port));
  });
}

/** The product under these policies. */
function answering(using: PolicySet): Promise<number> {
  const { sealing } = deriveKeys(testKey);
  const api = createApi({
    ledger,
    decide: using.decide,
    holding: using,
    using: { ...using, mayUse: remembering(using.mayUse) },
    checkConnection: connectionProblems,
    starter: { hurry: () => undefined },
    verifyToken: () => Promise.resolve(null),
    sealing,
    readAddress: () => Promise.resolve({ error: 'unreachable' }),
    probes: { engine: () => Promise.resolve(true) },
    publicUrl: 'http://localhost:3000',
    serviceLimit: { burst: 1e9, perSecond: 1e9 },
  });
  return portOf((request) => api.fetch(request));
}

/** The last question that policy was asked: what Cedar alone is asked afterwards. */
let asked: UseQuestion | null = null;
function remembering(mayUse: PolicySet['mayUse']): PolicySet['mayUse'] {
  return (question) => {
    asked = question;
    return mayUse(question);
  };
}

/** A bare route that does one map look-up. */
function bare(also: () => void): Promise<number> {
  const known = new Map([['sam@northwind.example initech-env read', true]]);
  const app = new Hono();
  app.post('/access/v1/evaluation', async (c) => {
    const { subject, resource, action } = await c.req.json<{
      subject: { id: string };
      resource: { id: string };
      action: { name: string };
    }>();
    also();
    return c.json({ decision: known.get(`${subject.id} ${resource.id} ${action.name}`) === true });
  });
  return portOf((request) => app.fetch(request));
}

/** Cedar alone, on the input of the product's last question, ready made. */
function cedarAlone(): () => void {
  preparseSchema('bench', withCondition.source.schema);
  preparsePolicySet('bench', {
    staticPolicies: Object.fromEntries(withCondition.policies.map(({ id, text }) => [id, text])),
  });
  let input: Parameters<typeof statefulIsAuthorized>[0] | null = null;
  return () => {
    if (!asked) throw new TypeError('Nobody has asked anything.');
    input ??= {
      ...useInput(asked),
      preparsedPolicySetId: 'bench',
      preparsedSchemaName: 'bench',
      validateRequest: true,
    };
    if (statefulIsAuthorized(input).type !== 'success') throw new Error('Cedar gave no answer.');
  };
}

/** Its processor's time, so that neighbours on the machine count for nothing. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const tell = (told: Told) => process.send?.(told);
process.on('message', (ask: Ask) => {
  if (ask === 'spent') tell({ spentMs: spentMs() });
  else void ledger.close().then(() => process.exit(0));
});
tell({
  product: await answering(defaults),
  condition: await answering(withCondition),
  bare: await bare(() => undefined),
  bareCedar: await bare(cedarAlone()),
});
