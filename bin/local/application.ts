import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deriveKeys, type TenureKeys } from '../../crypto/keys.ts';
import { webhookSecret } from '../../crypto/webhook-signature.ts';
import { hookPath } from '../../examples/receiver/receiver.ts';
import type { Home } from './home.ts';
import { isHeld } from './hold.ts';
import { keptPorts } from './kept.ts';
import { applicationSpec } from './process-specs.ts';
import type { Supervisor } from './supervisor.ts';

/** The example's own application: examples/receiver as a process of the local installation. */
export interface LocalApplication {
  /** Where its users go. */
  readonly origin: string;
  /** Where it is told who may do what: the target's address. */
  readonly url: string;
  /** Resolves when it answers, at once while it is held down. Rejects when it cannot be started. */
  readonly up: Promise<void>;
}

const name = 'northwind-app';

/** What the example's application and its target `northwind-app` have in common, the same on every start. */
export function applicationSecret(keys: TenureKeys): string {
  return webhookSecret(Buffer.from(keys.namedSecret(`target/${name}`)));
}

/**
 * Starts the application and keeps it running. What it was told outlives a restart. To be called before others choose
 * ports of this installation, not meanwhile.
 */
export async function startApplication(
  { home, supervisor }: { home: Home; supervisor: Supervisor },
  key: string,
): Promise<LocalApplication> {
  const port = (await keptPorts(home.folder, [name]))(name);
  const secretFile = join(home.run, `${name}.secret`);
  await writeFile(secretFile, `${applicationSecret(deriveKeys(key))}\n`, { mode: 0o600 });
  const stateFile = join(home.data, `${name}.jsonl`);
  const { up } = supervisor.add(applicationSpec(home, { port, secretFile, stateFile }));
  const origin = `http://127.0.0.1:${port}`;
  return { origin, url: `${origin}${hookPath}`, up: isHeld(home.folder, name) ? Promise.resolve() : up };
}
