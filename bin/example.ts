import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectionProblems } from '../activities/connectors/settings.ts';
import { deriveKeys, type TenureKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import { type Executor, openLedger } from '../db/client.ts';
import { type Company, loadCompany, provideTarget } from '../db/queries/company.ts';
import { readCatalogFolder } from './cli/catalog-files.ts';
import { provideExampleProviders } from './example-providers.ts';
import { provideExampleSources } from './example-sources.ts';
import { applicationSecret } from './local/application.ts';
import { type ExampleRegion, prepareExampleTargets } from './local/example-targets.ts';

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
const companySchema = z.strictObject({
  organizations: z.array(
    z.strictObject({
      key: z.string(),
      kind: z.enum(['vendor', 'customer']),
      name: z.string(),
      region: regionSchema,
      tier: z.string().nullable().default(null),
      customer_type: z.string().nullable().default(null),
      approves_vendor_access: z.boolean().default(false),
    }),
  ),
  people: z.array(
    z.strictObject({
      email: z.email(),
      name: z.string(),
      title: z.string(),
      department: z.string().nullable().default(null),
      manager: z.email().nullable().default(null),
      organization: z.string().default('northwind'),
      employment: z.enum(['employee', 'contractor', 'customer', 'service']).default('employee'),
      ends_at: z.iso.datetime().nullable().default(null),
      roles: z.array(z.string()),
    }),
  ),
});

/**
 * Loads the example company on the first start and tells the ledger, at every start, where its targets are now. `targets` may
 * be empty, and `application` left out, where nothing is to be provisioned; where it is given, the customers' users are given
 * what they hold in it. Returns who can sign in.
 */
export async function loadExample(options: {
  /** Of a prepared ledger. */
  systemUrl: string;
  key: string;
  targets: Partial<Record<ExampleRegion, ExampleServer>>;
  /** Where the vendor's own application takes what it is told. */
  application?: { url: string };
  /** Where the vendor's and Acme's people sign in. */
  identity?: { issuer: string };
}): Promise<{ people: ExamplePerson[] }> {
  const company = await readCompany();
  const keys = deriveKeys(options.key);
  const ledger = openLedger({ url: options.systemUrl, max: 1, applicationName: 'tenure-example' });
  try {
    for (const region of regionSchema.options)
      await provideServer(ledger.db, keys, region, options.targets[region]);
    await provideApplication(ledger.db, keys, options.application);
    const bringAbout = options.application !== undefined;
    await loadCompany(ledger.db, company, connectionProblems, { bringAbout });
    await provideExampleSources(ledger.db, keys);
    if (options.identity) await provideExampleProviders(ledger.db, keys, options.identity.issuer);
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

/** Nothing listens here: what is told to a target that was not given is refused at once. */
const nowhere = { host: '127.0.0.1', port: 1 };

async function provideServer(
  db: Executor,
  keys: TenureKeys,
  region: ExampleRegion,
  server: ExampleServer | undefined,
): Promise<void> {
  const password = keys.namedSecret(`target/${region}`);
  if (server) await prepareExampleTargets(region, server.adminUrl, password);
  const { host, port } = server ?? nowhere;
  await provideTarget(db, {
    key: region,
    connector: 'postgres',
    endpoint: { host, port, username: 'tenure_connector' },
    sealedSecret: seal(keys.sealing, password, `target:${region}`),
  });
}

async function provideApplication(
  db: Executor,
  keys: TenureKeys,
  application: { url: string } | undefined,
): Promise<void> {
  await provideTarget(db, {
    key: 'northwind-app',
    connector: 'webhook',
    endpoint: { url: application?.url ?? `http://${nowhere.host}:${nowhere.port}` },
    sealedSecret: seal(keys.sealing, applicationSecret(keys), 'target:northwind-app'),
  });
}

const example = (name: string) => new URL(`../examples/${name}`, import.meta.url);

function readPeople() {
  return companySchema.parse(parse(readFileSync(example('northwind.yaml'), 'utf8')));
}

/** Everybody of the example company and its customers. */
export function readExamplePeople(): { name: string; email: string }[] {
  return readPeople().people.map(({ name, email }) => ({ name, email }));
}

async function readCompany(): Promise<Company> {
  const { organizations, people } = readPeople();
  const { catalog } = await readCatalogFolder(fileURLToPath(example('catalog')));
  return {
    catalog,
    organizations: organizations.map(
      ({ tier, customer_type: customerType, approves_vendor_access: approvesVendorAccess, ...rest }) => ({
        ...rest,
        tierKey: tier,
        customerType,
        approvesVendorAccess,
      }),
    ),
    people: people.map(({ ends_at: endsAt, ...rest }) => ({ ...rest, endsAt })),
  };
}
