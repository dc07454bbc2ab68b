import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where everything of a running installation answers; for its own tools and for tests. Carries passwords. */
export interface Endpoints {
  readonly api: string;
  /** Names the master key that everything here uses; no secret. */
  readonly keyId: string;
  /** The ledger's owner's. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Each embedded target's superuser's, by region. */
  readonly targets: Readonly<Record<string, string>>;
  /** The example's application, as its users reach it; undefined in production. */
  readonly application: string | undefined;
  /** The example's identity provider's issuer; undefined in production. */
  readonly identity: string | undefined;
}

/** Writes `run/endpoints.json`, readable by its owner only. */
export async function writeEndpoints(run: string, endpoints: Endpoints): Promise<void> {
  const outside = {
    api: endpoints.api,
    key_id: endpoints.keyId,
    database_url: endpoints.databaseUrl,
    temporal_address: endpoints.temporalAddress,
    temporal_namespace: endpoints.temporalNamespace,
    targets: endpoints.targets,
    application: endpoints.application,
    identity: endpoints.identity,
  };
  const file = join(run, 'endpoints.json');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(outside, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

/** Removes it: nothing answers any more. */
export async function removeEndpoints(run: string): Promise<void> {
  await rm(join(run, 'endpoints.json'), { force: true });
}
