import type { Configuration } from 'openid-client';
import { unseal } from '../../crypto/sealing.ts';
import { withinVendor } from '../../db/client.ts';
import { providerContext, type UsableProvider } from '../../db/queries/sign-in-provider.ts';
import { readInstallationId } from '../../db/queries/trial.ts';
import type { ApiDeps } from '../deps.ts';
import { createRateLimiter, type RateLimiter } from '../guards/rate-limit.ts';
import { discover } from './oidc.ts';

/** What everybody who signs in has in common. */
export interface SignInRoom {
  /** Names this installation's cookies apart from another's on the same host. */
  installation(): Promise<string>;
  /** A live or tried provider, its metadata read lately. @throws ProviderError */
  configurationOf(provider: UsableProvider): Promise<Configuration>;
  /** How often one address may begin to sign in. */
  attempts: RateLimiter;
}

/** How long a provider's metadata are believed, in milliseconds. Its keys are read again when an unknown one is used. */
const freshForMs = 10 * 60_000;
const mostProviders = 1_000;

/** A handful of people behind one address begin at once, and many a minute; nobody needs more. */
const attemptLimit = { burst: 60, perSecond: 2 };

export function createSignInRoom(deps: ApiDeps): SignInRoom {
  let installation: Promise<string> | null = null;
  const known = new Map<string, { changedAt: string; at: number; configuration: Promise<Configuration> }>();
  return {
    attempts: createRateLimiter(deps.attemptLimit ?? attemptLimit),
    installation() {
      installation ??= withinVendor(deps.ledger, readInstallationId);
      // A ledger that is away is asked again.
      installation.catch(() => {
        installation = null;
      });
      return installation;
    },
    configurationOf(provider) {
      const { id, changedAt } = provider;
      const found = known.get(id);
      if (found?.changedAt === changedAt && performance.now() - found.at < freshForMs)
        return found.configuration;
      const configuration = discover(addressOf(deps, provider), reachOf(deps, provider));
      const oldest = known.size >= mostProviders ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      known.set(id, { changedAt, at: performance.now(), configuration });
      configuration.catch(() => known.delete(id));
      return configuration;
    },
  };
}

function addressOf(deps: ApiDeps, provider: UsableProvider) {
  const { id, issuer, clientId, sealedClientSecret } = provider;
  const clientSecret =
    sealedClientSecret === null ? null : unseal(deps.sealing, sealedClientSecret, providerContext(id));
  return { issuer, clientId, clientSecret };
}

/** What may be reached for a provider of an organization. */
export function reachOf(deps: ApiDeps, { isVendors }: Pick<UsableProvider, 'isVendors'>) {
  const isLocal = deps.isLocal === true;
  return { isLocal, outsideOnly: !isLocal && !isVendors };
}
