import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookExamples } from '../../api/schemas/examples/webhook.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { type Ran, runWords } from './run-words.ts';

const { webhook, secret, delivery } = webhookExamples;
const path = `/v1/webhooks/${webhook.id}`;

describe('webhooks', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  const run = (...words: string[]): Promise<Ran> => runWords(api.url, words);

  it('are listed and shown, with how they do', async () => {
    api.on('GET /v1/webhooks', [{ body: { items: [webhook] } }, { body: { items: [] } }]);
    api.on(`GET ${path}`, {
      body: { ...webhook, state: 'disabled', disabled_for: 'failing', failing_since: webhook.created_at },
    });
    const { out } = await run('webhooks');
    expect(out).toMatch(
      /hook_\S+ +SIEM +Northwind Cloud +live +0 +1 +https:\/\/siem\.northwind\.example\/tenure/,
    );
    expect((await run('webhooks')).out).toBe('No webhook.\n');
    const shown = (await run('webhook', webhook.id)).out;
    expect(shown).toMatch(/failing/);
    expect(shown).toContain('tenure.grant.begun.v1, tenure.grant.ended.v1');
    expect(JSON.parse((await run('webhook', 'show', webhook.id, '--json')).out)).toMatchObject({
      id: webhook.id,
    });
    expect((await run('webhook', '../people')).code).toBe(2);
  });

  it('are added and given a new secret, which is shown once', async () => {
    api.on('POST /v1/webhooks', [
      { status: 201, body: secret },
      problem(422, 'invalid-input', { errors: [{ pointer: '/url', detail: 'An address of https.' }] }),
    ]);
    const words = ['webhook', 'add', webhook.url, '--name', 'SIEM'];
    const { out } = await run(...words, '--type', ...webhook.types);
    expect(api.calls.at(-1)?.body).toEqual(webhookExamples.wish);
    expect(out).toContain(`Its secret, shown once:  ${secret.secret}\n`);
    expect(out).toContain(`webhook test ${webhook.id}`);
    expect(await run(...words)).toMatchObject({
      code: 2,
      err: expect.stringContaining('An address of https.'),
    });
    api.on(`POST ${path}/secrets`, { status: 201, body: secret });
    expect((await run('webhook', 'rotate', webhook.id, '--at-once')).out).toContain(secret.secret);
    await run('webhook', 'rotate', webhook.id, '--former-for', '3d');
    await run('webhook', 'rotate', webhook.id);
    expect(api.calls.slice(-3).map(({ body }) => body)).toEqual([
      { former_valid_for: 'PT0S' },
      { former_valid_for: 'P3D' },
      {},
    ]);
  });

  it('tell of security events where they are asked to, with what the other side asks for from a file', async () => {
    const stream = { audience: 'https://app.example', subject_format: 'email', has_authorization: true };
    api.on('POST /v1/webhooks', {
      status: 201,
      body: { ...secret, secret: 'tenure_stream_x', security_events: stream },
    });
    const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
    writeFileSync(join(folder, 'authorization'), 'Bearer of-theirs\n');
    const words = ['webhook', 'add', webhook.url, '--name', 'App', '--subject', 'email'];
    const file = ['--authorization-file', join(folder, 'authorization')];
    const { out } = await run(...words, '--security-events', 'https://app.example', ...file);
    rmSync(folder, { recursive: true });
    expect(api.calls.at(-1)?.body).toMatchObject({
      types: [],
      security_events: {
        audience: 'https://app.example',
        subject_format: 'email',
        authorization: 'Bearer of-theirs',
      },
    });
    expect(out).toContain('Security events for');
    expect(out).toContain('Its receiver’s token, shown once:  tenure_stream_x');
    expect((await run(...words)).code).toBe(2);
  });

  it('are tested, paused, let go on and removed', async () => {
    api.on(`POST ${path}/test`, { status: 201, body: { ...delivery, type: 'tenure.webhook.tested.v1' } });
    for (const act of ['pause', 'resumption', 'removal'])
      api.on(`POST ${path}/${act}`, { status: 201, body: webhook });
    expect((await run('webhook', 'test', webhook.id)).out).toContain(`is sent as ${delivery.id}.`);
    expect((await run('webhook', 'pause', webhook.id)).code).toBe(0);
    expect((await run('webhook', 'resume', webhook.id)).code).toBe(0);
    expect((await run('webhook', 'remove', webhook.id)).out).toBe('SIEM is removed.\n');
    expect(api.calls.map((call) => call.path)).toEqual([
      `${path}/test`,
      `${path}/pause`,
      `${path}/resumption`,
      `${path}/removal`,
    ]);
  });

  it('show what was sent, and send it again', async () => {
    api.on(`GET ${path}/deliveries`, { body: { items: [delivery], next_cursor: null } });
    expect((await run('webhook', 'deliveries', webhook.id, '--state', 'dead')).out).toMatch(
      /msg_\S+ +tenure\.grant\.ended\.v1 +dead +8 +500/,
    );
    api.on(`POST ${path}/deliveries/${delivery.id}/replay`, { status: 201, body: delivery });
    api.on(`POST ${path}/replay`, { status: 201, body: { replayed: 3 } });
    expect((await run('webhook', 'replay', webhook.id, delivery.id)).out).toBe(
      `${delivery.id} is sent again.\n`,
    );
    const { out } = await run('webhook', 'replay', webhook.id, '--since', '2026-11-22T14:00:00Z');
    expect(out).toBe('Sent again: 3.\n');
    expect((await run('webhook', 'replay', webhook.id)).code).toBe(2);
  });
});
