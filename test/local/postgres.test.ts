import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../bin/local/ports.ts';
import { startPostgres } from '../../bin/local/postgres.ts';
import { isAlive } from '../../bin/local/processes.ts';
import { freshFolder, serverUser } from '../../bin/local/server-user.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';

let server: EphemeralPostgres;

beforeAll(async () => {
  server = await ephemeralPostgres({ settings: { fsync: 'on', synchronous_commit: 'on' } });
});

afterAll(async () => {
  await server.stop();
});

async function inServer<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

async function value(url: string, query: string): Promise<unknown> {
  return inServer(url, async (sql) => {
    const [row] = await sql.unsafe(query);
    return row === undefined ? undefined : Object.values(row)[0];
  });
}

test('only the right password gets in, only by SCRAM, only from this machine', async () => {
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  await expect(value(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  const settings = await inServer(
    server.url,
    (sql) => sql`
      SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
        (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods`,
  );
  expect([...settings]).toEqual([{ addresses: '127.0.0.1', sockets: '', methods: ['scram-sha-256'] }]);
  expect(await value(server.url, "SELECT 'Ä' < 'Z' AND upper('ä') = 'Ä'")).toBe(false);
  expect(await value(server.url, "SELECT upper('ä')")).toBe('Ä');
});

test('the server never runs as root', async () => {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => undefined);
  if (status !== undefined)
    expect(/^Uid:\s+(\d+)/mu.exec(status)?.[1]).toBe(String(serverUser()?.uid ?? process.getuid?.()));
});

test('after a SIGKILL the server comes back with what was committed', async () => {
  await value(server.url, 'CREATE TABLE kept AS SELECT 7 AS n');
  await server.kill();
  await server.start();
  expect(await value(server.url, 'SELECT n FROM kept')).toBe(7);
});

test('a SIGKILL ends the sessions too: none answers, or works on, after it', async () => {
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
  const [session] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  const pid = session?.pid ?? 0;
  // Busy, it would not notice for long that its server is gone.
  const counting = sql`SELECT count(*) FROM generate_series(1, 1e10)`.catch((error: unknown) => error);
  expect(isAlive(pid)).toBe(true);
  await server.kill();
  expect(isAlive(pid)).toBe(false);
  expect(await counting).toBeInstanceOf(Error);
  await sql.end({ timeout: 1 });
  await server.start();
});

test('a lock file whose process id belongs to a stranger today blocks nothing and harms nobody', async () => {
  const lockFile = join(dirname(server.logFile), 'data', 'postmaster.pid');
  await server.kill();
  const lock = await readFile(lockFile, 'utf8');
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    await writeFile(lockFile, lock.replace(/^\d+/u, String(stranger.pid)));
    await server.start();
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    expect(await value(server.url, 'SELECT 1')).toBe(1);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a server left on the folder by a killed launcher is ended and replaced, and nothing is lost', async () => {
  const folder = freshFolder('tenure-left-', serverUser());
  const options = { dataDir: join(folder, 'data'), password: 'long enough', settings: { fsync: 'off' } };
  const left = await startPostgres({ ...options, port: await freePort() });
  try {
    await value(left.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    const next = await startPostgres({ ...options, port: await freePort() });
    expect(isAlive(left.pid)).toBe(false);
    expect(await value(next.url, 'SELECT n FROM kept')).toBe(7);
    await next.stop();
    await expect(startPostgres({ ...options, password: 'another', port: await freePort() })).rejects.toThrow(
      'another password',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a folder that holds something else is left alone', async () => {
  const folder = freshFolder('tenure-other-', serverUser());
  try {
    await writeFile(join(folder, 'precious'), '');
    const starting = startPostgres({ dataDir: folder, password: 'long enough', port: await freePort() });
    await expect(starting).rejects.toThrow('holds no PostgreSQL cluster');
    expect(existsSync(join(folder, 'precious'))).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a port in use is reported as such', async () => {
  const folder = freshFolder('tenure-port-', serverUser());
  try {
    const starting = startPostgres({
      dataDir: join(folder, 'data'),
      password: 'long enough',
      port: server.port,
      settings: { fsync: 'off' },
    });
    await expect(starting).rejects.toMatchObject({ name: 'PostgresStartError', portTaken: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
