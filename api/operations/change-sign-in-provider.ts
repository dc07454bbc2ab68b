import { seal, unseal } from '../../crypto/sealing.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readCustomer } from '../../db/queries/customer.ts';
import { endSessions } from '../../db/queries/session.ts';
import {
  goLive,
  insertProvider,
  listProviders,
  lockProvider,
  type ProviderMapping,
  type ProviderView,
  providerContext,
  readProvider,
  readUsableProvider,
  retire,
  rewriteProvider,
  type UsableProvider,
} from '../../db/queries/sign-in-provider.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { mappingProblems } from '../../domain/groups.ts';
import { type GroupRole, type NewPeople, type ProviderClaims, standardClaims } from '../../domain/sign-in.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { discover, ProviderError, type ProviderProblem } from '../sign-in/oidc.ts';
import { reachOf, type SignInRoom } from '../sign-in/room.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { beginSignIn } from './begin-sign-in.ts';
import { managedOrganization, managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** What a provider shall be. */
export interface ProviderWish {
  name: string;
  issuer: string;
  clientId: string;
  /** What it has, when left out; null: none, the client proves itself by PKCE alone. */
  clientSecret?: string | null | undefined;
  claims?: Partial<ProviderClaims> | undefined;
  /** None unless given. */
  groupRoles?: readonly GroupRole[] | undefined;
  /** Refused unless given. */
  newPeople?: NewPeople | undefined;
  defaultRole?: string | null | undefined;
  /** Of a new draft: the provider in whose place it shall be, whose secret it keeps where none is given. */
  replaces?: string | undefined;
}

/** An organization's providers, of now and before. */
export function findProviders(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
): Promise<Outside<{ items: ProviderView[] }>> {
  return reading(deps, caller, async (tx) => {
    const { id } = await managedOrganization(tx, caller, organization);
    return { items: await listProviders(tx, id) };
  });
}

export function showProvider(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<ProviderView>> {
  return reading(deps, caller, (tx) => viewOf(tx, caller, id));
}

/** Writes a new draft, which was looked at: it can be reached, and what it says can be checked. */
export async function draftProvider(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
  wish: ProviderWish,
): Promise<Outside<ProviderView>> {
  const { isVendors } = await reading(deps, caller, (tx) =>
    managedOrganization(tx, caller, organization),
  ).then(({ kind }) => ({ isVendors: kind === 'vendor' }));
  await reading(deps, caller, (tx) => refuseMapping(tx, caller, organization, wish));
  await refuseUncheckable(deps, isVendors, { ...wish, clientSecret: wish.clientSecret ?? null });
  // No Idempotency-Key: what is kept under one is kept readable, and the body holds a secret.
  return transact(deps, caller, null, async (tx) => {
    const { id: organizationId } = await managedOrganization(tx, caller, organization);
    const id = newId('idp');
    const { name, issuer, clientId } = wish;
    const mapping = await refuseMapping(tx, caller, organizationId, wish);
    const claims = { ...standardClaims, ...wish.claims };
    const sealedClientSecret = sealedFor(deps, id, await secretFor(deps, tx, caller, organizationId, wish));
    const by = caller.personId;
    await insertProvider(tx, {
      id,
      organizationId,
      name,
      issuer,
      clientId,
      sealedClientSecret,
      claims,
      ...mapping,
      by,
    });
    await note(tx, caller, { id, organizationId }, 'sign_in_provider.saved');
    return { answer: await viewOf(tx, caller, id), lines: [] };
  });
}

/** Changes a draft, or one that was tried; it is to be tried anew. */
export async function changeProvider(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  wish: ProviderWish,
): Promise<Outside<ProviderView>> {
  const before = await reading(deps, caller, (tx) => viewOf(tx, caller, id));
  const isVendors =
    caller.organization.kind === 'vendor' && before.organization.id === caller.organization.id;
  await reading(deps, caller, (tx) => refuseMapping(tx, caller, before.organization.id, wish));
  await refuseUncheckable(deps, isVendors, { ...wish, clientSecret: null });
  return transact(deps, caller, null, async (tx) => {
    const known = await ownProvider(tx, caller, id);
    if (known.state !== 'draft' && known.state !== 'tried')
      throw new TenureError(
        'stale-revision',
        `What is or was live does not change. Make a new draft, try it, and let it live in its place.`,
      );
    const { name, issuer, clientId, clientSecret } = wish;
    if (clientSecret === undefined) refuseKeptSecret(known, wish);
    const mapping = await refuseMapping(tx, caller, known.organizationId, wish);
    const sealedClientSecret =
      clientSecret === undefined ? known.sealedClientSecret : sealedFor(deps, id, clientSecret);
    const claims = { ...standardClaims, ...wish.claims };
    await rewriteProvider(tx, {
      id,
      name,
      issuer,
      clientId,
      sealedClientSecret,
      claims,
      ...mapping,
      by: caller.personId,
    });
    await note(tx, caller, known, 'sign_in_provider.saved');
    return { answer: await viewOf(tx, caller, id), lines: [] };
  });
}

/** Where to go to try a provider, in the browser whose mark that is. */
export async function tryProvider(
  deps: ApiDeps,
  room: SignInRoom,
  caller: PersonPrincipal,
  id: string,
  browser: string,
  /** Where the page with what came of it leads back to. */
  returnPath = '/',
): Promise<{ url: string }> {
  const provider = await readUsable(deps, caller, id);
  if (provider.state === 'retired') throw new TenureError('already-ended', 'It was retired.');
  try {
    const wish = { purpose: 'try', personId: caller.personId, browser, returnPath } as const;
    return { url: await beginSignIn(deps, room, provider, wish) };
  } catch (error) {
    throw asRefusal(error);
  }
}

/**
 * Lets a provider that was tried live, in the place of the one that is: a second person does, and for a customer with administrators
 * one of the two is one of these. Whoever is signed in by the former one stays so.
 */
export function letProviderLive(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProviderView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await ownProvider(tx, caller, id);
    if (known.state === 'live') throw new TenureError('nothing-to-change', 'It is live already.');
    if (known.state !== 'tried')
      throw new TenureError('not-tried', 'Sign in through it once, as a trial; then it can go live.');
    if (known.changedById === caller.personId)
      throw new TenureError(
        'self-approval',
        'It says who is who, so somebody else than who wrote it lets it live.',
      );
    const former = await goLive(tx, known);
    if (former !== null)
      await note(tx, caller, { ...known, id: former }, 'sign_in_provider.retired', 'replaced');
    await note(tx, caller, known, 'sign_in_provider.live');
    return { answer: await viewOf(tx, caller, id), lines: [] };
  });
}

/** Retires a provider: nobody signs in by it any more, and whoever is signed in by it is signed out. */
export function retireProvider(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProviderView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await ownProvider(tx, caller, id);
    if (known.state === 'retired') throw new TenureError('already-ended', 'It was retired already.');
    await retire(tx, id);
    await endSessions(tx, { providerId: id }, { by: 'provider', actor: actorOf(caller) });
    await note(tx, caller, known, 'sign_in_provider.retired', reason);
    return { answer: await viewOf(tx, caller, id), lines: [] };
  });
}

/** Signs everybody out who is signed in through a provider; it goes on signing people in. */
export function signOutOfProvider(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<{ ended: number }>> {
  return transact(deps, caller, idempotency, async (tx) => {
    await ownProvider(tx, caller, id);
    const end = { by: 'revocation', actor: actorOf(caller), reason } as const;
    const ended = await endSessions(tx, { providerId: id }, end);
    return { answer: { ended: ended.length }, lines: [] };
  });
}

/** What a draft says of groups and of new people. @throws TenureError `role-not-allowed` for a role that may not come like this */
async function refuseMapping(
  tx: Executor,
  caller: PersonPrincipal,
  organization: string,
  { groupRoles = [], newPeople = 'refuse', defaultRole = null }: ProviderWish,
): Promise<ProviderMapping> {
  const mapping = { groupRoles: [...groupRoles], newPeople, defaultRole };
  const { kind } = await managedOrganization(tx, caller, organization);
  // One that is only heard of has no tier, and no roles.
  const customer =
    kind === 'vendor' ? null : ((await readCustomer(tx, organization)) ?? { name: organization, tier: null });
  const { catalog } = await readActiveCatalog(tx);
  const errors = mappingProblems(catalog, customer, mapping);
  if (errors.length === 0) return mapping;
  throw new TenureError('role-not-allowed', errors.map(({ detail }) => detail).join(' '), errors);
}

/** A secret is for who has it: nobody can have it sent elsewhere who does not know it. */
function refuseKeptSecret(known: UsableProvider, { issuer, clientId }: ProviderWish): void {
  if (known.sealedClientSecret === null || (known.issuer === issuer && known.clientId === clientId)) return;
  const detail = 'The issuer or the client is another one, so write its secret, too.';
  throw new TenureError('invalid-input', 'Some fields are wrong.', [{ pointer: '/client_secret', detail }]);
}

/** The secret of a new draft: the one that is given, else that of the provider in whose place it shall be. */
async function secretFor(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  organizationId: string,
  wish: ProviderWish,
): Promise<string | null> {
  if (wish.clientSecret !== undefined || wish.replaces === undefined) return wish.clientSecret ?? null;
  const former = await ownProvider(tx, caller, wish.replaces);
  if (former.organizationId !== organizationId) throw notFound();
  refuseKeptSecret(former, wish);
  const { id, sealedClientSecret: sealed } = former;
  return sealed === null ? null : unseal(deps.sealing, sealed, providerContext(id));
}

function sealedFor(deps: ApiDeps, id: string, secret: string | null): string | null {
  return secret === null ? null : seal(deps.sealing, secret, providerContext(id));
}

async function viewOf(tx: Executor, caller: PersonPrincipal, id: string): Promise<ProviderView> {
  const found = await readProvider(tx, id);
  if (!found || !managesPeopleOf(caller, found.organization.id)) throw notFound();
  return found;
}

async function ownProvider(tx: Executor, caller: PersonPrincipal, id: string): Promise<UsableProvider> {
  return requireOwn(caller, await lockProvider(tx, id));
}

function requireOwn(caller: PersonPrincipal, found: UsableProvider | null): UsableProvider {
  if (!found || !managesPeopleOf(caller, found.organizationId)) throw notFound();
  return found;
}

async function readUsable(deps: ApiDeps, caller: PersonPrincipal, id: string): Promise<UsableProvider> {
  let found: UsableProvider | null = null;
  await reading(deps, caller, async (tx) => {
    found = requireOwn(caller, await readUsableProvider(tx, id));
    return null;
  });
  if (!found) throw notFound();
  return found;
}

function note(
  tx: Executor,
  caller: PersonPrincipal,
  provider: Pick<UsableProvider, 'id' | 'organizationId'>,
  type: AuditEventType,
  reason: string | null = null,
): Promise<void> {
  const { id, organizationId } = provider;
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject: { kind: 'sign_in_provider', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
}

/** @throws TenureError `provider-refused` with the field that is wrong */
async function refuseUncheckable(
  deps: ApiDeps,
  isVendors: boolean,
  address: { issuer: string; clientId: string; clientSecret: string | null },
): Promise<void> {
  await discover(address, reachOf(deps, { isVendors })).catch((error: unknown) => {
    throw asRefusal(error);
  });
}

const advice: Record<ProviderProblem, string> = {
  insecure: 'An issuer is an address with https, without a query.',
  unreachable: 'There is no OpenID provider that answers at this address.',
  'other-issuer':
    'The provider calls itself otherwise. Write its issuer exactly as its metadata say, slash for slash.',
  incomplete: 'The provider does not say where to sign in, get tokens and read its keys, all with https.',
  'no-algorithm': 'The provider signs with nothing that we take: ES, PS, RS or EdDSA.',
  'no-pkce': 'The provider does not take PKCE with S256.',
  declined: 'The provider declines.',
  'not-genuine': 'What the provider says cannot be checked.',
};

function asRefusal(error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error;
  const detail = advice[error.problem];
  return new TenureError('provider-refused', detail, [{ pointer: '/issuer', detail }]);
}
