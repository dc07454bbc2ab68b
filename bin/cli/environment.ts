import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What the command line reads from its surroundings, and nothing else does. */
export interface CliEnvironment {
  /** Where the API is, without a slash at the end. */
  url: string;
  /** Somebody named the address: then a token made with `--as` goes there, not to the local installation. */
  isUrlGiven: boolean;
  /** The bearer token given by `TENURE_TOKEN`. */
  token: string | null;
  /** The installation's folder, absolute. */
  home: string;
  isProduction: boolean;
  /** `TENURE_KEY`, as the installation here may have been given it; else it made its own. Never printed. */
  key: string | null;
  /** `NO_COLOR` is set, or the terminal understands none. */
  isPlain: boolean;
}

/**
 * Reads the environment. The API's address is `TENURE_URL`; else the port somebody named with `PORT`; else what the
 * installation in `TENURE_HOME` wrote down when it started; else http://localhost:3000.
 */
export function readCliEnvironment(): CliEnvironment {
  const { TENURE_URL, TENURE_TOKEN, TENURE_HOME, TENURE_ENV, TENURE_KEY, PORT, NO_COLOR, TERM } = process.env;
  const home = resolve(TENURE_HOME || fileURLToPath(new URL('../../.tenure', import.meta.url)));
  const url = TENURE_URL || (PORT ? `http://localhost:${PORT}` : localApi(home)) || 'http://localhost:3000';
  return {
    url: url.replace(/\/+$/, ''),
    isUrlGiven: Boolean(TENURE_URL),
    token: TENURE_TOKEN?.trim() || null,
    home,
    isProduction: TENURE_ENV === 'production',
    key: TENURE_KEY?.trim() || null,
    isPlain: Boolean(NO_COLOR) || TERM === 'dumb',
  };
}

const endpoints = z.object({ api: z.string() });

function localApi(home: string): string | null {
  try {
    return endpoints.parse(JSON.parse(readFileSync(join(home, 'run', 'endpoints.json'), 'utf8'))).api;
  } catch {
    // No installation runs here, or its file is being written: the default address is as good a guess as any.
    return null;
  }
}
