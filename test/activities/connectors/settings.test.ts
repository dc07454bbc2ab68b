import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectionProblems } from '../../../activities/connectors/settings.ts';

const file = new URL('../../../examples/catalog/resources.yaml', import.meta.url);
const resources = z
  .object({
    resources: z.array(
      z.object({
        key: z.string(),
        connector: z.string(),
        shared: z.boolean().default(false),
        settings: z.record(z.string(), z.json()).default({}),
        entitlements: z.array(z.object({ key: z.string(), name: z.string() })),
      }),
    ),
  })
  .parse(parse(readFileSync(file, 'utf8'))).resources;

function resource(key: string) {
  const found = resources.find((one) => one.key === key);
  if (!found) throw new TypeError(`No resource ${key} in the example.`);
  return found;
}
const database = resource('acme-env');
const application = resource('northwind-app');

describe('how a resource is connected', () => {
  it.each(resources.map((one) => [one.key, one] as const))('is right in the example: %s', (_, one) => {
    expect(connectionProblems(one)).toEqual([]);
  });

  it('names a connector that there is', () => {
    expect(connectionProblems({ ...application, connector: 'telepathy' })).toEqual([
      { path: ['connector'], detail: 'There is no connector telepathy; there are postgres, webhook.' },
    ]);
  });

  it.each([
    ['another server', { ...database, settings: { ...database.settings, host: 'elsewhere.example' } }],
    ['another account', { ...database, settings: { ...database.settings, username: 'postgres' } }],
    ['no encryption', { ...database, settings: { ...database.settings, tls: 'off' } }],
    ['another application', { ...application, settings: { url: 'https://elsewhere.example' } }],
  ])('cannot lead a catalog to %s than its target', (_, one) => {
    expect(connectionProblems(one)).toMatchObject([{ path: ['settings'] }]);
  });

  it('has a database role for each entitlement', () => {
    const entitlements = [...database.entitlements, { key: 'export', name: 'Export' }];
    expect(connectionProblems({ ...database, entitlements })).toEqual([
      { path: ['settings', 'roles'], detail: 'No database role is named for the entitlement export.' },
    ]);
  });

  it('confines grants to a customer exactly where customers share the resource', () => {
    for (const one of [
      { ...database, shared: true },
      { ...resource('postgres-eu'), shared: false },
    ])
      expect(connectionProblems(one)).toMatchObject([{ path: ['settings', 'scoped'] }]);
  });

  it('says where in the settings something is wrong', () => {
    const settings = { ...database.settings, roles: { read: 'DROP ROLE' } };
    expect(connectionProblems({ ...database, settings })).toMatchObject([
      { path: ['settings', 'roles', 'read'] },
    ]);
    expect(connectionProblems({ ...application, settings: { path: '../admin' } })).toMatchObject([
      { path: ['settings', 'path'] },
    ]);
    expect(connectionProblems({ ...application, settings: { path: '/reports' } })).toEqual([]);
  });
});
