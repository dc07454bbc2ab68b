import { randomState } from 'openid-client';
import { randomWord } from '../../crypto/session-token.ts';
import { sha256Hex } from '../../crypto/digest.ts';
import { seal } from '../../crypto/sealing.ts';
import { withinOrganization, withinVendor } from '../../db/client.ts';
import { attemptContext, insertAttempt } from '../../db/queries/sign-in-attempt.ts';
import {
  findProviderByDomain,
  findVendorsProvider,
  readUsableProvider,
  type UsableProvider,
} from '../../db/queries/sign-in-provider.ts';
import { newId } from '../../domain/ids.ts';
import { type AttemptPurpose, domainOfAddress } from '../../domain/sign-in.ts';
import type { ApiDeps } from '../deps.ts';
import { authorizationUrl } from '../sign-in/oidc.ts';
import type { SignInRoom } from '../sign-in/room.ts';

/** Who goes to a provider, and what for. */
export interface SignInWish {
  purpose: AttemptPurpose;
  /** Who tries it. */
  personId?: string;
  /** Whose session is stepped up. */
  sessionId?: string;
  /** The browser's mark. */
  browser: string;
  returnPath: string;
  loginHint?: string;
}

/** The provider of whoever has that address, found by its domain alone: whether there is such a person is not asked. */
export async function providerOfAddress(deps: ApiDeps, address: string): Promise<UsableProvider | null> {
  const domain = domainOfAddress(address);
  if (domain === null) return null;
  return withinVendor(deps.ledger, (tx) => findProviderByDomain(tx, domain, deps.isLocal === true));
}

/** The vendor's own. */
export function vendorsProvider(deps: ApiDeps): Promise<UsableProvider | null> {
  return withinVendor(deps.ledger, findVendorsProvider);
}

/** The live provider that a session came by. */
export async function providerOfSession(deps: ApiDeps, id: string): Promise<UsableProvider | null> {
  const found = await withinVendor(deps.ledger, (tx) => readUsableProvider(tx, id));
  return found?.state === 'live' ? found : null;
}

/** Where providers send browsers back to. */
export function redirectUri(deps: ApiDeps): string {
  return new URL('/sign-in/callback', deps.publicUrl).href;
}

/**
 * Notes that a browser goes to a provider, and says where: what it comes back with is taken from this browser alone, once, within
 * ten minutes. @throws ProviderError when the provider cannot be used now
 */
export async function beginSignIn(
  deps: ApiDeps,
  room: SignInRoom,
  provider: UsableProvider,
  wish: SignInWish,
): Promise<string> {
  const configuration = await room.configurationOf(provider);
  const id = newId('att');
  const errand = {
    redirectUri: redirectUri(deps),
    state: randomState(),
    nonce: randomWord(),
    verifier: randomWord(),
  };
  const url = await authorizationUrl(configuration, errand, {
    loginHint: wish.loginHint ?? null,
    isFresh: wish.purpose === 'step-up',
    readsGroups: provider.groupRoles.length > 0,
  });
  await withinOrganization(deps.ledger, provider.organizationId, (tx) =>
    insertAttempt(tx, {
      id,
      organizationId: provider.organizationId,
      providerId: provider.id,
      purpose: wish.purpose,
      personId: wish.personId ?? null,
      sessionId: wish.sessionId ?? null,
      stateHash: sha256Hex(errand.state),
      nonce: errand.nonce,
      sealedVerifier: seal(deps.sealing, errand.verifier, attemptContext(id)),
      browserHash: sha256Hex(wish.browser),
      returnPath: wish.returnPath,
    }),
  );
  return url;
}
