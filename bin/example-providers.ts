import type { TenureKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import type { Executor } from '../db/client.ts';
import { provideLocalProvider, providerContext } from '../db/queries/sign-in-provider.ts';
import type { IdentityClient, IdentityPerson } from './local/identity-provider.ts';

/** Whose people sign in through the example's identity provider; the other customers have none. */
const organizations = [
  { key: 'northwind', title: 'Northwind Cloud', domain: 'northwind.example' },
  { key: 'acme', title: 'Acme', domain: 'acme.example' },
] as const;

const clientId = (key: string) => `tenure-${key}`;
/** What the provider and our API have in common, the same on every start. */
const secretOf = (keys: TenureKeys, key: string) => keys.namedSecret(`sign-in/${key}`);

/** The provider's clients. `people` are everybody of the example, and each client's are those of its organization's domain. */
export function exampleClients(
  keys: TenureKeys,
  people: readonly IdentityPerson[],
  publicUrl: string,
): IdentityClient[] {
  return organizations.map(({ key, title, domain }) => ({
    id: clientId(key),
    secret: secretOf(keys, key),
    redirectUri: new URL('/sign-in/callback', publicUrl).href,
    title,
    people: people.filter(({ email }) => email.endsWith(`@${domain}`)),
  }));
}

/** Tells the ledger where the example's provider is now. */
export async function provideExampleProviders(db: Executor, keys: TenureKeys, issuer: string): Promise<void> {
  for (const { key, title, domain } of organizations)
    await provideLocalProvider(db, {
      organization: key,
      name: `${title}’s sign-in`,
      issuer,
      clientId: clientId(key),
      domain,
      sealFor: (id) => seal(keys.sealing, secretOf(keys, key), providerContext(id)),
    });
}
