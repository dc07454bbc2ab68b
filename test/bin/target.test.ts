import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFirstOn } from '../../bin/first-person.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { setTargetOn } from '../../bin/target.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { unseal } from '../../crypto/sealing.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { migratedTemplate } from '../support/ledger.ts';
import { ephemeralPostgres } from '../support/postgres.ts';

const masterKey = Buffer.alloc(32, 7).toString('base64url');
const publicUrl = 'https://tenure.northwind.example';

let server: Awaited<ReturnType<typeof ephemeralPostgres>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await ephemeralPostgres({ template: migratedTemplate });
  await prepareLedger({ ownerUrl: server.url, key: masterKey });
  ledger = openLedger({ url: server.url, applicationName: 'tenure-test' });
});
afterAll(async () => {
  await ledger.close();
  await server.stop();
});

const endpoint = { host: 'db.northwind.example', port: 5432, username: 'tenure_connector' };
const set = (changes: Partial<Parameters<typeof setTargetOn>[1]> = {}) =>
  setTargetOn(
    { ownerUrl: server.url, masterKey },
    { key: 'eu', connector: 'postgres', endpoint, secret: 'pw', ...changes },
  );

describe('A target of a production installation', () => {
  it('waits for a company', async () => {
    await expect(set()).rejects.toThrow('no company yet');
  });

  it('is set by whoever has the machine, with its secret sealed and its audit event, and set again', async () => {
    const wish = { email: 'ada@northwind.example', name: 'Ada', region: 'eu', recovery: null };
    await makeFirstOn({ ownerUrl: server.url, masterKey, publicUrl }, { ...wish, organization: 'Northwind' });
    expect(await set()).toBe(false);
    expect(await set({ endpoint: { ...endpoint, port: 5433 }, secret: 'another' })).toBe(true);
    const [row] = await ledger.db.execute<{ endpoint: unknown; sealed_secret: string }>(
      sql`select endpoint, sealed_secret from target where key = 'eu'`,
    );
    expect(row?.endpoint).toEqual({ ...endpoint, port: 5433 });
    expect(unseal(deriveKeys(masterKey).sealing, row?.sealed_secret ?? '', 'target:eu')).toBe('another');
    const events = await ledger.db.execute(
      sql`select actor_kind, subject_id from audit_event where type = 'target.set'`,
    );
    expect(events).toEqual([
      { actor_kind: 'system', subject_id: 'eu' },
      { actor_kind: 'system', subject_id: 'eu' },
    ]);
  });

  it.each<[string, Parameters<typeof set>[0], string]>([
    [
      'another connector for the same',
      {
        connector: 'webhook',
        endpoint: { url: 'https://a.example/x' },
        secret: `whsec_${Buffer.alloc(24).toString('base64')}`,
      },
      'has another connector',
    ],
    [
      'a connector that is none',
      { connector: 'ldap' },
      'There is no connector ldap; there are postgres, webhook.',
    ],
    ['a key that is none', { key: 'EU west' }, 'small letters'],
    ['an endpoint without a host', { endpoint: { port: 5432, username: 'x' } }, 'host:'],
    [
      'an endpoint with more than is known',
      { endpoint: { ...endpoint, password: 'x' } },
      'endpoint: Unrecognized key: "password"',
    ],
    ['no endpoint', { endpoint: null }, 'endpoint:'],
    [
      'an application in the clear',
      { key: 'app', connector: 'webhook', endpoint: { url: 'http://app.example' } },
      'An https address',
    ],
    [
      'a signing secret that is none',
      { key: 'app', connector: 'webhook', endpoint: { url: 'https://app.example' } },
      'whsec_',
    ],
  ])('is refused with %s, in words, and nothing is written', async (_what, changes, words) => {
    const targets = () => ledger.db.execute(sql`select * from target order by key`);
    const before = await targets();
    await expect(set(changes)).rejects.toThrow(words);
    expect(await targets()).toEqual(before);
  });
});
