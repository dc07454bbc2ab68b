import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { deriveKeys, type TenureKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import { type Executor, openLedger } from '../db/client.ts';
import { type Company, loadCompany, provideTarget } from '../db/queries/company.ts';
import { type ExampleRegion, exampleSettings, prepareExampleTargets } from './local/example-targets.ts';

/** One region's target server, as its superuser reaches it. */
export interface ExampleServer {
  host: string;
  port: number;
  adminUrl: string;
}

export interface ExamplePerson {
  name: string;
  email: string;
  title: string;
  organization: string;
}

const regionSchema = z.enum(['eu', 'us']);
const companySchema = z.object({
  organizations: z.array(
    z.object({
      key: z.string(),
      kind: z.enum(['vendor', 'customer']),
      name: z.string(),
      region: regionSchema,
      tier: z.string().optional(),
      approves_vendor_access: z.boolean().default(false),
    }),
  ),
  tiers: z.array(z.object({ key: z.string(), name: z.string(), seats: z.int().nullable() })),
  roles: z.array(z.object({ key: z.string(), name: z.string(), duties: z.array(z.string()).default([]) })),
  people: z.array(
    z.object({
      email: z.email(),
      name: z.string(),
      title: z.string(),
      department: z.string().optional(),
      manager: z.email().optional(),
      organization: z.string().default('northwind'),
      employment: z.enum(['employee', 'contractor', 'customer', 'service']).default('employee'),
      ends_at: z.iso.datetime().optional(),
      roles: z.array(z.string()),
    }),
  ),
  resources: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      organization: z.string(),
      shared: z.boolean().default(false),
      region: regionSchema,
      database: z.enum(['shared_eu', 'acme_env', 'shared_us', 'globex_env', 'initech_env']),
      owner: z.email(),
    }),
  ),
  entitlements: z.array(z.object({ key: z.string(), name: z.string() })),
});

/**
 * Loads the example company on the first start and tells the ledger, at every start, where its target servers are now.
 * `servers` may be empty where nothing is to be provisioned. Returns who can sign in.
 */
export async function loadExample(options: {
  /** Of a prepared ledger. */
  systemUrl: string;
  key: string;
  targets: Partial<Record<ExampleRegion, ExampleServer>>;
}): Promise<{ people: ExamplePerson[] }> {
  const company = readCompany();
  const keys = deriveKeys(options.key);
  const ledger = openLedger({ url: options.systemUrl, max: 1, applicationName: 'tenure-example' });
  try {
    for (const region of regionSchema.options) {
      await provideServer(ledger.db, keys, region, options.targets[region]);
    }
    await loadCompany(ledger.db, company);
  } finally {
    await ledger.close();
  }
  return {
    people: company.people.map(({ name, email, title, organization }) => ({
      name,
      email,
      title,
      organization,
    })),
  };
}

async function provideServer(
  db: Executor,
  keys: TenureKeys,
  region: ExampleRegion,
  server: ExampleServer | undefined,
): Promise<void> {
  const password = keys.namedSecret(`target/${region}`);
  if (server) await prepareExampleTargets(region, server.adminUrl, password);
  await provideTarget(db, {
    key: region,
    connector: 'postgres',
    endpoint: { host: server?.host ?? '127.0.0.1', port: server?.port ?? 1, username: 'tenure_connector' },
    sealedSecret: seal(keys.sealing, password, `target:${region}`),
  });
}

function readCompany(): Company {
  const text = readFileSync(new URL('../examples/northwind.yaml', import.meta.url), 'utf8');
  const { organizations, tiers, roles, people, resources, entitlements } = companySchema.parse(parse(text));
  return {
    tiers,
    roles,
    entitlements,
    organizations: organizations.map(({ tier, approves_vendor_access: approvesVendorAccess, ...rest }) => ({
      ...rest,
      tierKey: tier ?? null,
      approvesVendorAccess,
    })),
    people: people.map(({ ends_at: endsAt, department, manager, ...rest }) => ({
      ...rest,
      department: department ?? null,
      manager: manager ?? null,
      endsAt: endsAt ?? null,
    })),
    resources: resources.map(({ database, ...rest }) => ({ ...rest, settings: exampleSettings(database) })),
  };
}
