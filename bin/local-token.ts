import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { mintAccessToken } from '../crypto/access-token.ts';
import { deriveKeys, type TenureKeys } from '../crypto/keys.ts';
import { openLedger } from '../db/client.ts';
import { findPersonByEmail, readInstallationId } from '../db/queries/trial.ts';
import { TenureError } from '../domain/errors.ts';
import { UnreachableError, UsageError } from './cli/errors.ts';
import { readCliEnvironment } from './cli/environment.ts';

export interface LocalTokenWish {
  email: string;
  /** How the person is taken to have signed in (RFC 8176). */
  amr: string[];
  ttlMs: number;
}

export interface LocalToken {
  token: string;
  /** The token's own id (`jti`). */
  id: string;
  /** ISO 8601 UTC. */
  expiresAt: string;
}

/** What the command line needs of a token that was just minted. */
export interface MintedLocally extends LocalToken {
  /** The API it is good for. */
  baseUrl: string;
}

const endpointsSchema = z.object({ api: z.string(), database_url: z.string(), key_id: z.string() });

const notLetIn = { left: 'has left', suspended: 'is suspended', expected: 'has not begun yet' } as const;

/** Trial tokens are short-lived: nobody can take one back. */
const longestTtlMs = 60 * 60_000;

/**
 * Mints a token on the local installation: whoever may read its key and its endpoints may be anybody in it.
 * @throws Error when no installation runs here, or in production.
 */
export async function mintLocalToken(wish: LocalTokenWish): Promise<MintedLocally> {
  const { baseUrl, ...installation } = localInstallation();
  return { ...(await mintTrialToken(installation, wish)), baseUrl };
}

/**
 * The installation that runs here: its ledger as its owner, its master key and where its API is.
 * @throws Error when none does, or in production, which gives nothing away for trials.
 */
export function localInstallation(): { ownerUrl: string; masterKey: string; baseUrl: string } {
  const { home, isProduction, key } = readCliEnvironment();
  if (isProduction)
    throw new TenureError('forbidden', 'A production installation gives no tokens and secrets for trials.');
  const endpoints = endpointsSchema.parse(JSON.parse(readInstalled(home, 'run/endpoints.json')));
  const masterKey = key ?? (existsSync(join(home, 'key')) ? readInstalled(home, 'key').trim() : null);
  if (masterKey === null || deriveKeys(masterKey).keyId !== endpoints.key_id) {
    throw new UsageError(
      'The installation here was started with another key: set TENURE_KEY to the same as there.',
    );
  }
  return { ownerUrl: endpoints.database_url, masterKey, baseUrl: endpoints.api };
}

function readInstalled(home: string, name: string): string {
  try {
    return readFileSync(join(home, name), 'utf8');
  } catch {
    throw new UnreachableError(
      `No installation runs here (${join(home, name)} cannot be read). Start one with: npm start`,
    );
  }
}

/**
 * Mints a bearer token for a person of a local installation, for trying things out. In production the API refuses such
 * tokens, whoever mints them.
 * @throws TenureError `unknown-reference`; `forbidden` for who is not let in; `invalid-input` when it is to live for too long.
 */
export async function mintTrialToken(
  installation: { ownerUrl: string; masterKey: string },
  wish: LocalTokenWish,
): Promise<LocalToken> {
  if (wish.ttlMs > longestTtlMs) {
    throw new TenureError('invalid-input', 'A trial token lives for an hour (PT1H) at most.');
  }
  const ledger = openLedger({ url: installation.ownerUrl, max: 1, applicationName: 'tenure-token' });
  try {
    const person = await findPersonByEmail(ledger.db, wish.email);
    if (!person)
      throw new TenureError('unknown-reference', `Nobody here has the e-mail address ${wish.email}.`);
    if (person.standing !== 'active')
      throw new TenureError('forbidden', `${wish.email} ${notLetIn[person.standing]}, and gets no token.`);
    const nowMs = Date.now();
    const keys = deriveKeys(installation.masterKey);
    const token = await mintAccessToken(keys.signing, {
      personId: person.id,
      issuer: tokenIssuer(keys),
      audience: tokenIssuer(keys),
      amr: wish.amr,
      authTime: Math.floor(nowMs / 1_000),
      ttlSeconds: Math.max(1, Math.floor(wish.ttlMs / 1_000)),
      installation: { id: await readInstallationId(ledger.db), local: true },
    });
    return { token, id: decodeJwt(token).jti ?? '', expiresAt: new Date(nowMs + wish.ttlMs).toISOString() };
  } finally {
    await ledger.close();
  }
}

/**
 * Who issues this installation's own tokens, and whom they are for. Named by its key and not by an address, so that a
 * token is good however the installation is reached.
 */
export function tokenIssuer(keys: TenureKeys): string {
  return `urn:tenure:${keys.keyId}`;
}
