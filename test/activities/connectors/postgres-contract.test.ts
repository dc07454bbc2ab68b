import { randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectorFaultPoints, connectorContract } from '../../../activities/connectors/contract.ts';
import { faultPoints } from '../../../activities/fault-points.ts';
import type { ExampleDatabase } from '../../../bin/local/example-targets.ts';
import type { SoughtAccount } from '../../../domain/found-account.ts';
import { type ExampleServer, exampleServer, openSession } from './example-server.ts';

let eu: ExampleServer;
let superuser: Sql;

beforeAll(async () => {
  eu = await exampleServer('eu');
  superuser = eu.superuser('postgres');
}, 60_000);
afterAll(() => eu.stop());

const points: ConnectorFaultPoints = {
  add: ['postgres.before-add', 'postgres.inside-add', 'postgres.after-add'],
  'move-end': ['postgres.inside-move-end'],
  remove: ['postgres.after-withdrawing', 'postgres.after-ending-sessions', 'postgres.after-remove'],
};

function subject(database: ExampleDatabase, entitlement: string, scope: string | null) {
  return () => ({
    connector: eu.connector,
    target: eu.target(database),
    entitlement,
    scope,
    newPassword: () => randomBytes(18).toString('hex'),
    open: (account: string, password: string) => openSession(eu.server.port, database, account, password),
    // The role's own row is one that its holder may change, and so may lock.
    hinder: (account: string, password: string) =>
      openSession(
        eu.server.port,
        database,
        account,
        password,
        `BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'mine'`,
      ),
    finding: {
      async enrol({ account }: SoughtAccount, as: 'user' | 'administrator') {
        const [name, password] = [account ?? '', randomBytes(18).toString('hex')];
        const power = as === 'administrator' ? 'CREATEDB' : '';
        await superuser.unsafe(`CREATE ROLE ${name} LOGIN ${power} PASSWORD '${password}';
          GRANT ${database}_${entitlement} TO ${name}; GRANT ${name} TO tenure_connector WITH ADMIN OPTION`);
        return { account: name, signIn: () => openSession(eu.server.port, database, name, password) };
      },
    },
  });
}

connectorContract(
  "PostgreSQL, a customer's own database,",
  points,
  subject('acme_env', 'read', null),
  'own',
  true,
);
connectorContract('PostgreSQL, a shared database,', points, subject('shared_eu', 'administer', 'acme'));

describe('the contract for PostgreSQL', () => {
  it('covers every fault point that the connector has', () => {
    const covered = Object.values(points).flat();
    expect(covered.toSorted()).toEqual(
      faultPoints.filter((point) => point.startsWith('postgres.')).toSorted(),
    );
  });
});
