import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '../local/ports.ts';
import { freshFolder, serverUser, sharedCacheFolder } from '../local/server-user.ts';
import { mintTrialToken } from '../local-token.ts';

/** A whole Tenure of the demo's own, as `npm start` makes one. */
export interface DemoInstallation {
  url: string;
  /** Its folder. */
  home: string;
  launcherPid: number;
  /** The server of the US customers' databases, as its superuser. */
  targetUrl: string;
  /** A bearer token for one of the example's people. */
  token(email: string): Promise<string>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

const endpointsSchema = z.object({
  api: z.string(),
  database_url: z.string(),
  targets: z.object({ us: z.string() }),
});
const startLimitMs = 120_000;

/**
 * Starts it in a temporary folder, or again in `home`, which then stays. `settings` are variables for its launcher.
 * @throws Error with the launcher's last words when it does not come up.
 */
export async function startInstallation(
  again?: { home: string; port: number },
  settings: Record<string, string> = {},
): Promise<DemoInstallation> {
  const folder = again ? null : freshFolder('tenure-demo-', serverUser());
  const home = again?.home ?? join(folder ?? '', 'home');
  if (!existsSync(home)) await shareExecutables(home);
  const port = again?.port ?? (await freePort());
  const launcher = spawn(process.execPath, [fileURLToPath(new URL('../start.mjs', import.meta.url))], {
    env: { ...surroundings(), TENURE_HOME: home, PORT: String(port), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    await stopped(launcher);
    if (folder) await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(launcher);
    return { ...(await describe(home, settings['TENURE_KEY'])), home, launcherPid: launcher.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Our environment without what would make it another installation than the one everybody gets. */
function surroundings(): NodeJS.ProcessEnv {
  const isSetting = (name: string) => /^(TENURE_|TEMPORAL_|PG)|^(DATABASE_URL|HOST|PORT)$/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}

/** The engine's executables are fetched once for all demos. */
async function shareExecutables(home: string): Promise<void> {
  await mkdir(home, { mode: 0o755 });
  await symlink(sharedCacheFolder(), join(home, 'bin'));
}

async function describe(
  home: string,
  key: string | undefined,
): Promise<Pick<DemoInstallation, 'url' | 'targetUrl' | 'token'>> {
  const read = (name: string) => readFile(join(home, name), 'utf8');
  const endpoints = endpointsSchema.parse(JSON.parse(await read('run/endpoints.json')));
  const installation = { ownerUrl: endpoints.database_url, masterKey: key ?? (await read('key')).trim() };
  const amr = ['pwd', 'otp', 'mfa'];
  return {
    url: endpoints.api,
    targetUrl: endpoints.targets.us,
    token: async (email) => (await mintTrialToken(installation, { email, amr, ttlMs: 900_000 })).token,
  };
}

function ready(launcher: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => reject(new Error(`Tenure did not start in time:\n${said}`)), startLimitMs);
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (!/^ready http/m.test(said)) return;
      clearTimeout(late);
      resolve();
    };
    launcher.stdout?.on('data', listen);
    launcher.stderr?.on('data', listen);
    launcher.once('exit', () => {
      clearTimeout(late);
      reject(new Error(`Tenure did not start:\n${said}`));
    });
  });
}

async function stopped(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const gone = new Promise((resolve) => launcher.once('exit', resolve));
  launcher.kill('SIGTERM');
  await gone;
}
