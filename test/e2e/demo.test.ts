import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const demo = fileURLToPath(new URL('../../bin/demo.mjs', import.meta.url));
const steps =
  'asked too-long-refused self-approval-refused approved held logged-in only-own-rows wrong-password-refused ended session-dead login-refused role-absent answered';

it('plays the whole story from a fresh installation, every step so, whatever the settings of another', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo, '--json'], {
    timeout: 170_000,
    env: {
      PATH: process.env['PATH'],
      TENURE_KEY: Buffer.alloc(32, 9).toString('base64url'),
      TENURE_ENV: 'production',
      TENURE_PUBLIC_URL: 'https://tenure.example.com',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      PORT: '1',
      HOST: '192.0.2.1',
    },
  });
  const played = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(played).toEqual(
    steps.split(' ').map((id) => ({
      id,
      ok: true,
      sentence: expect.any(String),
      proof: expect.any(String),
      at: expect.any(String),
    })),
  );
}, 180_000);
