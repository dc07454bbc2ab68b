import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { deriveKeys } from '../../crypto/keys.ts';
import { exampleClients } from '../../bin/example-providers.ts';
import { readExamplePeople } from '../../bin/example.ts';
import { homeAt } from '../../bin/local/home.ts';
import { startIdentity } from '../../bin/local/identity-process.ts';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import { launcherSettings } from '../../bin/local/settings.ts';
import { Supervisor } from '../../bin/local/supervisor.ts';

const key = Buffer.alloc(32, 5).toString('base64url');
const production = {
  TENURE_ENV: 'production',
  TENURE_KEY: key,
  TENURE_PUBLIC_URL: 'https://tenure.example',
  TENURE_SMTP_URL: 'smtps://mail.example',
  TENURE_MAIL_FROM: 'tenure@northwind.example',
};

it('the example’s identity provider is started by no production installation', async () => {
  const settings = launcherSettings({ ...production, TENURE_HOME: '/nonexistent/tenure' });
  const home = homeAt(settings.home);
  const supervisor = new Supervisor({ home: home.folder, note: () => undefined });
  await expect(startIdentity({ home, supervisor, settings }, key)).rejects.toThrow('not for production');
});

it('and does not start by itself in one', () => {
  const { command, words } = nodeScript(
    `${checkout}/bin/local/identity.ts`,
    '--port',
    '1',
    '--clients',
    '/nonexistent',
  );
  const run = spawnSync(command, words, {
    cwd: checkout,
    env: { PATH: process.env['PATH'] ?? '', TENURE_ENV: 'production' },
    encoding: 'utf8',
  });
  expect(run.status).toBe(2);
  expect(run.stderr).toContain('not for production');
});

it('each organization’s client signs in its own people alone', () => {
  const clients = exampleClients(deriveKeys(key), readExamplePeople(), 'http://localhost:3000');
  expect(
    clients.map(({ id, redirectUri, people }) => ({
      id,
      redirectUri,
      names: people.map(({ name }) => name),
    })),
  ).toEqual([
    {
      id: 'tenure-northwind',
      redirectUri: 'http://localhost:3000/sign-in/callback',
      names: ['Sam', 'Mei', 'Priya', 'Marek', 'Omar', 'Sita', 'Lena', 'Ada', 'Jonas'],
    },
    { id: 'tenure-acme', redirectUri: 'http://localhost:3000/sign-in/callback', names: ['Anna', 'Tom'] },
  ]);
  expect(new Set(clients.map(({ secret }) => secret)).size).toBe(2);
});
