import { afterAll, beforeAll } from 'vitest';
import type { Connector } from '../../../activities/connectors/connector.ts';
import { connectorContract } from '../../../activities/connectors/contract.ts';
import { createWebhookConnector } from '../../../activities/connectors/webhook/connector.ts';
import type { SoughtAccount } from '../../../domain/found-account.ts';
import { startReceiver, type TestReceiver } from '../../support/receiver.ts';

let receiver: TestReceiver;
let connector: Connector;

beforeAll(async () => {
  receiver = await startReceiver();
  connector = createWebhookConnector();
});
afterAll(async () => {
  await connector?.close();
  await receiver?.stop();
});

// Each change is one request: there is no place within one at which a crash would leave half of it.
const points = { add: [], 'move-end': [], remove: [] };

async function signIn(email: string) {
  const session = await receiver.signIn(email);
  if (!session) throw new Error('refused');
  return { alive: () => session.alive(), close: async () => undefined };
}

function subject(scope: string | null) {
  return () => ({
    connector,
    target: {
      resource: 'northwind-app',
      settings: { url: receiver.url },
      secret: receiver.secret,
    },
    entitlement: 'sign-in',
    scope,
    newPassword: () => null,
    open: null,
    hinder: null,
    shared: {
      otherEntitlement: 'view',
      signIn,
      loseNextAnswer: () => receiver.loseReplies(1),
      effects: () => receiver.effects.length,
    },
    finding: {
      async enrol({ account, email, name }: SoughtAccount & { name: string }, as: 'user' | 'administrator') {
        const there = account ?? '';
        receiver.enrol({
          account: there,
          email,
          name,
          administrator: as === 'administrator',
          holdings: [{ entitlement: 'sign-in', customer: scope, until: '9999-12-31T23:59:59.999Z' }],
        });
        return { account: there, signIn: () => signIn(email) };
      },
    },
  });
}

connectorContract('A signed webhook, with customers,', points, subject('acme'), 'shared', true);
connectorContract('A signed webhook, without customers,', points, subject(null), 'shared', true);
