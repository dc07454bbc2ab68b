import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

type Environment = Readonly<Record<string, string | undefined>>;

const pageLimitMs = 20_000;
const fileLimitMs = 300_000;

/** The package index this machine is configured for, as pip would read it. None is built in. */
async function configuredIndex(environment: Environment): Promise<string | undefined> {
  const given = environment['PIP_INDEX_URL'];
  if (given !== undefined && given !== '') return given;
  const files = [environment['PIP_CONFIG_FILE'], join(homedir(), '.config/pip/pip.conf'), '/etc/pip.conf'];
  for (const file of files) {
    if (file === undefined) continue;
    const text = await readFile(file, 'utf8').catch(() => '');
    const found = /^\s*index-url\s*[=:]\s*(\S+)/mu.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Fetches, turning a user and password within the address, which `fetch` refuses, into a header. */
async function get(address: URL, limitMs: number): Promise<Response> {
  const url = new URL(address);
  const headers: Record<string, string> = {};
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return fetch(url, { headers, signal: AbortSignal.timeout(limitMs) });
}

/** The address of a file on a project's page (PEP 503), with the index's credentials if it is on the same host. */
function addressOf(page: string, file: string, base: URL): URL | undefined {
  for (const match of page.matchAll(/<a\b[^>]*\bhref\s*=\s*["']([^"']+)["']/giu)) {
    const reference = (match[1] ?? '').replaceAll('&amp;', '&');
    const url = new URL(reference, base);
    if (!decodeURIComponent(url.pathname).endsWith(`/${file}`)) continue;
    if (url.host === base.host) {
      url.username = base.username;
      url.password = base.password;
    }
    return url;
  }
  return undefined;
}

/**
 * Fetches one file of a project from the configured package index: the way for machines without pip. What it fetched
 * is not to be trusted before its hash is verified.
 *
 * @returns the path of the file in `folder`, or undefined when no index is configured or it cannot serve the file.
 */
export async function fetchFromIndex(
  project: string,
  file: string,
  folder: string,
  environment: Environment,
): Promise<string | undefined> {
  const index = await configuredIndex(environment);
  if (index === undefined) return undefined;
  try {
    const base = new URL(`${project}/`, index.endsWith('/') ? index : `${index}/`);
    const page = await get(base, pageLimitMs);
    const address = page.ok ? addressOf(await page.text(), file, base) : undefined;
    if (address === undefined) return undefined;
    const answer = await get(address, fileLimitMs);
    if (!answer.ok || answer.body === null) return undefined;
    const path = join(folder, file);
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(path));
    return path;
  } catch {
    // No network, or an index that is not one: the caller has other ways.
    return undefined;
  }
}
