import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresConnector } from '../../../activities/connectors/postgres/connector.ts';
import { postgresSettings } from '../../../activities/connectors/postgres/settings.ts';
import { exampleSettings } from '../../../bin/local/example-targets.ts';
import { freshFolder, serverUser } from '../../../bin/local/server-user.ts';
import { type ExampleServer, exampleServer } from './example-server.ts';

const tool = 'openssl';
const hasOpenssl = spawnSync(tool, ['version']).status === 0;
const skipped = hasOpenssl ? '' : ' (skipped: no openssl on PATH to make a certificate with)';
const misconfigured = { code: 'misconfigured', retryable: false };

describe('what the connector is told about encryption', () => {
  const tls = (host: string, more: object = {}) =>
    postgresSettings({ port: 5432, username: 'x', ...exampleSettings('acme_env'), host, ...more }).tls;

  it('is, unless said otherwise: the clear on this machine alone, a checked certificate elsewhere', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) expect(tls(host)).toBe('off');
    for (const host of ['db.example', '10.0.0.5', '127.0.0.1.example', 'localhost.example'])
      expect(tls(host)).toBe('verify-full');
    expect(tls('db.example', { tls: 'require' })).toBe('require');
    expect(tls('127.0.0.1', { tls: 'verify-full' })).toBe('verify-full');
  });

  it('is refused when it is nothing known, or no certificate', () => {
    for (const wrong of [{ tls: 'prefer' }, { tls: false }, { certificate_authority: '/etc/ca.pem' }])
      expect(() => tls('db.example', wrong)).toThrow('misconfigured');
  });
});

describe.skipIf(!hasOpenssl)(`a target with a certificate${skipped}`, () => {
  let folder: string;
  let certificate: string;
  let eu: ExampleServer;
  let plain: ExampleServer;

  beforeAll(async () => {
    folder = freshFolder('tenure-tls-', serverUser());
    const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
    makeCertificate(cert, key);
    certificate = readFileSync(cert, 'utf8');
    eu = await exampleServer('eu', { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key });
    plain = await exampleServer('eu');
  }, 60_000);
  afterAll(async () => {
    await Promise.all([eu?.stop(), plain?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const signal = new AbortController().signal;

  function observing(server: ExampleServer, more: object): Promise<unknown> {
    const place = { host: '127.0.0.1', port: server.server.port, username: 'tenure_connector' };
    const settings = { ...place, ...exampleSettings('acme_env'), ...more };
    return server.connector.observe({ ...server.target('acme_env'), settings }, ['tnr_x'], signal);
  }

  /** Whether each of the connector's connections is encrypted. */
  async function encrypted(): Promise<boolean[]> {
    const rows = await eu.superuser('postgres')<{ ssl: boolean }[]>`
      SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'tenure_connector'`;
    return rows.map((row) => row.ssl);
  }

  it('is spoken to in cipher when its certificate is for its name and by an authority that is trusted', async () => {
    await observing(eu, { tls: 'verify-full', certificate_authority: certificate });
    expect(await encrypted()).toEqual([true]);
    await eu.connector.close();
    await observing(eu, { tls: 'require' });
    expect(await encrypted()).toEqual([true]);
    await eu.connector.close();
  });

  it('is not spoken to when nobody trusted signed the certificate, or it is for another name', async () => {
    await expect(observing(eu, { tls: 'verify-full' })).rejects.toMatchObject(misconfigured);
    const elsewhere = { tls: 'verify-full', certificate_authority: certificate, host: 'localhost' };
    await expect(observing(eu, elsewhere)).rejects.toMatchObject(misconfigured);
    expect(await encrypted()).toEqual([]);
  });

  it('is not spoken to in the clear where encryption is asked for and it has none', async () => {
    for (const tls of ['require', 'verify-full'])
      await expect(observing(plain, { tls })).rejects.toMatchObject({ name: 'ConnectorError' });
  });
});

describe('whoever answers in a target’s place, in the clear', () => {
  const request = (code: number) => Buffer.from([...Buffer.from('R\0\0\0\x08', 'latin1'), 0, 0, 0, code]);
  const notice = Buffer.from('N\0\0\0\x0cSNOTE\0\0\0', 'latin1');
  const cases: [string, Buffer[]][] = [
    ['a password', [request(3)]],
    ['the MD5 of a password', [Buffer.concat([request(5), Buffer.from('salt')])]],
    ['a password, a byte at a time', [...request(3)].map((byte) => Buffer.from([byte]))],
    ['a password, after a notice', [Buffer.concat([notice, request(3)])]],
    ['a password, when all seemed to be over', [request(0), request(3)]],
  ];

  it.each(cases)('gets none when it asks for %s', async (_, messages) => {
    const heard: Buffer[] = [];
    const say = async (socket: Socket) => {
      for (const message of messages) {
        socket.write(message);
        await delay(10);
      }
    };
    const impostor = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => heard.push(chunk));
      socket.once('data', () => void say(socket));
    });
    impostor.listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    const address = impostor.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const connector = createPostgresConnector();
    const settings = { host: '127.0.0.1', port, username: 'x', ...exampleSettings('acme_env') };
    const target = { resource: 'acme_env', settings, secret: 'the-secret' };
    const observed = connector.observe(target, ['tnr_x'], new AbortController().signal);
    await expect(observed).rejects.toMatchObject(misconfigured);
    // Only what every connection begins with.
    expect(heard.map((chunk) => chunk[0])).toEqual([0]);
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('the-secret');
    await connector.close();
    impostor.close();
  });
});

/** Signed by itself, for 127.0.0.1 alone, readable by the server. */
function makeCertificate(cert: string, key: string): void {
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  const name = ['-subj', '/CN=target', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(tool, [...words, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const user = serverUser();
  if (user) for (const file of [cert, key]) chownSync(file, user.uid, user.gid);
}
