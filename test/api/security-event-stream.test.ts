import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import {
  endAccess,
  readSet,
  type SetReceiver,
  setAudience,
  startSetReceiver,
} from '../support/set-receiver.ts';
import { expectProblem } from '../support/standing.ts';

// What the receiver of a stream may ask of its transmitter (OpenID SSF 1.0, section 8.1), with a token of that stream alone.

const [ada, anna, omar] = ['ada@northwind.example', 'anna@acme.example', 'omar@northwind.example'];
const verification = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

let http: ApiHarness;
let receiver: SetReceiver;
beforeAll(async () => {
  http = await startApi({ webhooksReach: 'anywhere' });
  receiver = await startSetReceiver(http);
});
afterEach(async () => {
  receiver.taken.length = 0;
  receiver.answer(202);
  await http.ledger.owner.db.execute(
    sql`update webhook_endpoint set state = 'removed', disabled_for = null where state <> 'removed'`,
  );
  expect(http.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  receiver.stop();
  await http.stop();
});

interface Made {
  id: string;
  token: string;
}

async function stream(who = ada, path = '/set'): Promise<Made> {
  const body = {
    url: `${receiver.origin}${path}`,
    description: 'App',
    security_events: { audience: setAudience, subject_format: 'email' },
  };
  const made = await http.call(who, 'POST', '/v1/webhooks', body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { id: made.body.id, token: made.body.secret };
}
const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const ask = ({ id, token }: Made, status: string, more: object = {}) =>
  http.call(null, 'POST', '/ssf/status', { stream_id: id, status, ...more }, bearing(token));
const read = ({ id, token }: Made) =>
  http.call(null, 'GET', `/ssf/status?stream_id=${id}`, undefined, bearing(token));
const verify = ({ id, token }: Made, more: object = {}) =>
  http.call(null, 'POST', '/ssf/verification', { stream_id: id, ...more }, bearing(token));
const later = (id: string) =>
  http.ledger.owner.db.transaction(async (tx) => {
    await tx.execute(sql`alter table webhook_delivery disable trigger user`);
    await tx.execute(
      sql`update webhook_delivery set created_at = created_at - interval '10 seconds' where endpoint_id = ${id}`,
    );
    await tx.execute(sql`alter table webhook_delivery enable trigger user`);
  });

describe('A receiver', () => {
  it('finds what it may ask where the transmitter says what it is, and reads what is sent to it', async () => {
    const { body: ssf } = await http.call(null, 'GET', '/.well-known/ssf-configuration');
    expect(ssf).toMatchObject({
      spec_version: '1_0',
      configuration_endpoint: 'http://localhost:3000/ssf/streams',
      status_endpoint: 'http://localhost:3000/ssf/status',
      verification_endpoint: 'http://localhost:3000/ssf/verification',
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
    });
    const made = await stream();
    const path = new URL(ssf.configuration_endpoint).pathname;
    const one = await http.call(null, 'GET', `${path}?stream_id=${made.id}`, undefined, bearing(made.token));
    expect(one).toMatchObject({
      status: 200,
      body: {
        stream_id: made.id,
        iss: ssf.issuer,
        aud: setAudience,
        delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: `${receiver.origin}/set` },
        events_delivered: [sessionRevoked],
      },
    });
    const all = await http.call(null, 'GET', path, undefined, bearing(made.token));
    expect(all.body).toEqual([one.body]);
    // Streams are made and changed by administrators: there is no such method.
    for (const method of ['POST', 'PATCH', 'PUT', 'DELETE'])
      expectProblem(await http.call(null, method, path, {}, bearing(made.token)), 405, 'method-not-allowed');
  });

  it('is told back its state in a verification, at most once in ten seconds', async () => {
    const made = await stream(anna);
    const state = 'VGhpcyBpcyBhbiBleGFtcGxl “\n"';
    expect(await verify(made, { state })).toMatchObject({ status: 204, body: '' });
    const again = await verify(made);
    expectProblem(again, 429, 'too-many-requests');
    await receiver.run();
    expect(receiver.taken).toHaveLength(1);
    expect(await readSet(http, receiver.taken[0]?.token ?? '')).toMatchObject({
      sub_id: { format: 'opaque', id: made.id },
      events: { [verification]: { state } },
    });
    await later(made.id);
    expect((await verify(made)).status).toBe(204);
    await receiver.run();
    const second = await readSet(http, receiver.taken[1]?.token ?? '');
    expect(second['events']).toEqual({ [verification]: {} });
    const raced = await stream(anna);
    // So that there are connections enough for them to meet.
    await Promise.all(Array.from({ length: 20 }, () => read(raced)));
    const asked = Array.from({ length: 20 }, async () => (await verify(raced)).status);
    const statuses = await Promise.all(asked);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  });

  it('that has paused is sent nothing, and everything when it goes on', async () => {
    const made = await stream();
    expect((await read(made)).body).toEqual({ stream_id: made.id, status: 'enabled' });
    const paused = await ask(made, 'paused', { reason: 'Maintenance' });
    expect(paused).toMatchObject({ status: 200, body: { stream_id: made.id, status: 'paused' } });
    await endAccess(http);
    expect((await verify(made, { state: 's' })).status).toBe(204);
    await receiver.run();
    expect(receiver.taken).toEqual([]);
    const { body } = await http.call(ada, 'GET', `/v1/webhooks/${made.id}`);
    expect(body).toMatchObject({ state: 'live', security_events: { asked_status: 'paused' } });
    expect((await ask(made, 'enabled')).body).toEqual({ stream_id: made.id, status: 'enabled' });
    await receiver.run();
    const told = await Promise.all(receiver.taken.map(({ token }) => readSet(http, token)));
    expect(told.flatMap((claims) => Object.keys(claims['events'] ?? {})).toSorted()).toEqual([
      sessionRevoked,
      verification,
    ]);
    const { body: records } = await http.call(ada, 'GET', '/v1/audit-events?limit=20');
    const about = records.items.filter((one: { subject: { id: string } }) => one.subject.id === made.id);
    expect(about.map((one: { type: string }) => one.type)).toEqual(
      expect.arrayContaining(['webhook.paused', 'webhook.resumed']),
    );
  });

  it('that has disabled it is not sent later what happened meanwhile, nor what waited', async () => {
    const made = await stream();
    // Somebody beside it, who stands at the same place of the feed and wants everything.
    await stream(ada, '/other');
    receiver.answer(500);
    await endAccess(http);
    await receiver.run();
    receiver.taken.length = 0;
    receiver.answer(202);
    expect((await ask(made, 'disabled')).body.status).toBe('disabled');
    await endAccess(http, 'acme-env');
    await receiver.run();
    expect((await ask(made, 'paused')).body.status).toBe('paused');
    const kept = await endAccess(http, 'globex-env');
    expect((await ask(made, 'enabled')).body.status).toBe('enabled');
    await http.ledger.owner.db.execute(sql`update webhook_delivery set due_at = tenure_now()`);
    await receiver.run();
    const taken = receiver.taken.filter(({ path }) => path === '/set');
    expect(taken).toHaveLength(1);
    expect(receiver.taken).toHaveLength(4);
    const [event] = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from audit_event where grant_id = ${kept} and type = 'grant.ended'`,
    );
    expect((await readSet(http, taken[0]?.token ?? ''))['txn']).toBe(event?.id);
    const { body } = await http.call(ada, 'GET', `/v1/webhooks/${made.id}/deliveries?state=dead`);
    expect(body.items).toMatchObject([{ last_error: 'not-wanted' }]);
  });

  it('does not undo what an administrator has paused, but goes on where it was stopped for failing', async () => {
    const made = await stream();
    await http.call(ada, 'POST', `/v1/webhooks/${made.id}/pause`, {});
    expect((await read(made)).body).toMatchObject({
      status: 'paused',
      reason: expect.stringMatching(/administrator/),
    });
    expectProblem(await ask(made, 'enabled'), 403, 'forbidden');
    await http.call(ada, 'POST', `/v1/webhooks/${made.id}/resumption`, {});
    await http.ledger.owner.db.execute(
      sql`update webhook_endpoint set state = 'disabled', disabled_for = 'failing' where id = ${made.id}`,
    );
    expect((await read(made)).body.status).toBe('paused');
    expect((await ask(made, 'enabled')).body.status).toBe('enabled');
    const { body } = await http.call(ada, 'GET', `/v1/webhooks/${made.id}`);
    expect(body).toMatchObject({ state: 'live', disabled_for: null });
  });
});

describe('A stream’s token', () => {
  it('is good for that stream and nothing else, and no other is good for it', async () => {
    const [ours, acmes] = [await stream(ada), await stream(anna)];
    const attempts = (id: string, token: string) => [
      http.call(null, 'GET', `/ssf/streams?stream_id=${id}`, undefined, bearing(token)),
      read({ id, token }),
      ask({ id, token }, 'disabled'),
      verify({ id, token }),
    ];
    for (const id of [ours.id, newId('hook')])
      for (const answer of await Promise.all(attempts(id, acmes.token)))
        expectProblem(answer, 404, 'not-found');
    const none = `tenure_stream_${'x'.repeat(43)}`;
    const person = await http.token(omar);
    for (const token of [none, person, `${ours.token}x`, 'x'])
      for (const answer of await Promise.all(attempts(ours.id, token)))
        expectProblem(answer, 401, 'unauthenticated');
    for (const path of ['/v1/webhooks', '/v1/me', '/v1/feed'])
      expectProblem(
        await http.call(null, 'GET', path, undefined, bearing(ours.token)),
        401,
        'unauthenticated',
      );
    const asked = {
      subject: { type: 'user', id: omar },
      action: { name: 'use' },
      resource: { type: 'r', id: 'x' },
    };
    const evaluated = await http.call(null, 'POST', '/access/v1/evaluation', asked, bearing(ours.token));
    expect(evaluated.status).toBe(401);
    expect((await read(ours)).body.status).toBe('enabled');
  });

  it('is kept as a hash, changed without a gap, and good for nothing once the stream is removed', async () => {
    const made = await stream(anna);
    const kept = await http.ledger.owner.db.execute(sql`select w::text from webhook_endpoint w`);
    expect(JSON.stringify(kept)).not.toContain(made.token);
    const rotate = async (body: object) =>
      (await http.call(anna, 'POST', `/v1/webhooks/${made.id}/secrets`, body)).body.secret;
    const next = await rotate({ former_valid_for: 'PT1H' });
    for (const token of [made.token, next]) expect((await read({ ...made, token })).status).toBe(200);
    await http.ledger.owner.db.execute(
      sql`update webhook_endpoint set former_until = tenure_now() where id = ${made.id}`,
    );
    expect((await read(made)).status).toBe(401);
    const last = await rotate({ former_valid_for: 'PT0S' });
    for (const token of [made.token, next]) expect((await read({ ...made, token })).status).toBe(401);
    expect((await read({ ...made, token: last })).status).toBe(200);
    await http.call(anna, 'POST', `/v1/webhooks/${made.id}/removal`, {});
    expect((await read({ ...made, token: last })).status).toBe(401);
  });

  it('has what is malformed refused with 400, and nothing done', async () => {
    const made = await stream();
    const subject = { format: 'email', email: 'sam@northwind.example' };
    for (const answer of [
      await ask(made, 'stopped'),
      await ask(made, 'disabled', { subject }),
      await verify(made, { state: 7 }),
      await verify(made, { state: 'a\u0000b' }),
      await verify(made, { state: 'x'.repeat(1_001) }),
      await http.call(null, 'POST', '/ssf/status', { status: 'disabled' }, bearing(made.token)),
      await http.call(null, 'GET', '/ssf/status', undefined, bearing(made.token)),
    ])
      expectProblem(answer, 400, 'malformed-parameter');
    const headers = { ...bearing(made.token).headers, 'content-type': 'application/json' };
    expectProblem(
      await http.call(null, 'POST', '/ssf/status', undefined, { raw: '{', headers }),
      400,
      'malformed-json',
    );
    expect((await read(made)).body.status).toBe('enabled');
  });

  it('lets its receiver write nothing else in the ledger', async () => {
    const [ours, acmes] = [await stream(ada), await stream(anna)];
    const as = (statement: ReturnType<typeof sql>) =>
      http.ledger.app.db.transaction(async (tx) => {
        await tx.execute(
          sql`select set_config('tenure.organization', tenure_vendor(), true), set_config('tenure.person', ${ours.id}, true)`,
        );
        await tx.execute(statement);
      });
    const event = sql`(select id from audit_event limit 1)`;
    for (const statement of [
      sql`update webhook_endpoint set asked_status = 'disabled' where id = ${acmes.id}`,
      sql`update webhook_endpoint set state = 'removed' where id = ${ours.id}`,
      sql`update webhook_endpoint set state = 'paused' where id = ${ours.id}`,
      sql`update webhook_endpoint set token_hash = 'x' where id = ${ours.id}`,
      sql`insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type)
        select 'msg_1', ${ours.id}, organization_id, ${event}, 'grant.ended' from webhook_endpoint where id = ${ours.id}`,
      sql`insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type)
        select 'msg_2', ${acmes.id}, organization_id, ${event}, 'webhook.tested' from webhook_endpoint where id = ${acmes.id}`,
      sql`update person set name = 'x' where email = ${anna}`,
    ])
      await expect(as(statement)).rejects.toThrow();
    await as(sql`update webhook_endpoint set asked_status = 'paused' where id = ${ours.id}`);
  });
});
