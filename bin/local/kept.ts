import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts, isPortFree } from './ports.ts';

async function keep(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}

async function readJson<T>(file: string, shape: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : shape.parse(JSON.parse(text));
}

/** The installation's sealing key (32 random bytes, base64url), made on the first start. */
export async function keptKey(folder: string): Promise<string> {
  const file = join(folder, 'key');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept !== '') return kept;
  const key = randomBytes(32).toString('base64url');
  await keep(file, `${key}\n`);
  return key;
}

const passwordsShape = z.record(z.string(), z.string().min(1));

/** The owner's password of each embedded PostgreSQL, made on the first start. */
export async function keptPasswords<Name extends string>(
  folder: string,
  names: readonly Name[],
): Promise<(name: Name) => string> {
  const file = join(folder, 'passwords.json');
  const kept = (await readJson(file, passwordsShape)) ?? {};
  const passwords = new Map(Object.entries(kept));
  const missing = names.filter((name) => !passwords.has(name));
  for (const name of missing) passwords.set(name, randomBytes(24).toString('base64url'));
  if (missing.length > 0)
    await keep(file, `${JSON.stringify(Object.fromEntries(passwords), undefined, 2)}\n`);
  return (name) => passwords.get(name) ?? '';
}

const portsShape = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * The port of each embedded server: chosen once and remembered, so that addresses stay the same from start to start;
 * chosen anew when another process has it today.
 */
export async function keptPorts<Name extends string>(
  folder: string,
  names: readonly Name[],
): Promise<(name: Name) => number> {
  const file = join(folder, 'ports.json');
  // Ports can be chosen again at any time, so a damaged file is no reason not to start.
  const kept = (await readJson(file, portsShape).catch(() => undefined)) ?? {};
  const fresh = await freePorts(names.length);
  const ports = new Map(Object.entries(kept));
  for (const [index, name] of names.entries()) {
    const old = ports.get(name);
    const isUsable = old !== undefined && (await isPortFree(old));
    ports.set(name, isUsable ? old : (fresh[index] ?? 0));
  }
  await keep(file, `${JSON.stringify(Object.fromEntries(ports), undefined, 2)}\n`);
  return (name) => ports.get(name) ?? 0;
}
