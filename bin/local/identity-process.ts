import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deriveKeys } from '../../crypto/keys.ts';
import { readExamplePeople } from '../example.ts';
import { exampleClients } from '../example-providers.ts';
import type { Home } from './home.ts';
import { isHeld } from './hold.ts';
import { keptPorts } from './kept.ts';
import { identitySpec } from './process-specs.ts';
import type { LauncherSettings } from './settings.ts';
import type { Supervisor } from './supervisor.ts';

/** The example's identity provider: bin/local/identity.ts as a process of the local installation. */
export interface LocalIdentity {
  /** Its issuer, and where it is. */
  readonly issuer: string;
  /** Resolves when it answers, at once while it is held down. Rejects when it cannot be started. */
  readonly up: Promise<void>;
}

const name = 'identity';

/**
 * Starts it and keeps it running. To be called before others choose ports of this installation, not meanwhile.
 * @throws in production: there it would let anybody be anybody
 */
export async function startIdentity(
  { home, supervisor, settings }: { home: Home; supervisor: Supervisor; settings: LauncherSettings },
  key: string,
): Promise<LocalIdentity> {
  if (settings.isProduction) throw new Error('The example’s identity provider is not for production.');
  const port = (await keptPorts(home.folder, [name]))(name);
  const clientsFile = join(home.run, `${name}.json`);
  const clients = exampleClients(deriveKeys(key), readExamplePeople(), settings.publicUrl);
  await writeFile(clientsFile, `${JSON.stringify({ clients })}\n`, { mode: 0o600 });
  const { up } = supervisor.add(identitySpec(home, { port, clientsFile }));
  return { issuer: `http://127.0.0.1:${port}`, up: isHeld(home.folder, name) ? Promise.resolve() : up };
}
