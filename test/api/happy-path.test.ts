import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const anna = 'anna@acme.example';
const sita = 'sita@northwind.example';
const everything = 'from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z';

const wish = {
  resource: 'postgres-eu',
  entitlement: 'read',
  customer: 'acme',
  period: 'PT2H',
  justification: 'Invoices are missing',
  ticket: 'SUP-1',
};

describe('From asking to the record', () => {
  let http: ApiHarness;
  beforeAll(async () => {
    http = await startApi();
  });
  afterAll(() => http.stop());

  it('a request is approved by both stages, held, shown once, given back and found in the record', async () => {
    const preview = await http.call(sam, 'POST', '/v1/access-requests/preview', wish);
    expect(preview.body).toMatchObject({ outcome: 'needs_approval', longest: 'PT8H' });
    expect(preview.body.needs.map((need: { kind: string }) => need.kind)).toEqual([
      'ticket',
      'approval',
      'approval',
    ]);
    expect(preview.body.needs[1].people.map((person: { name: string }) => person.name)).toEqual([
      'Marek',
      'Priya',
    ]);

    const asked = await http.call(sam, 'POST', '/v1/access-requests', wish);
    expect(asked).toMatchObject({
      status: 201,
      body: { state: 'waiting', kind: 'access', period: 'PT2H', grant: null },
    });
    expect(asked.body.reference).toMatch(/^AR-\d+$/);
    expect(Date.parse(asked.body.lapses_at) - Date.parse(asked.body.asked_at)).toBe(2 * 3_600_000);
    const { id, reference } = asked.body;

    const first = await http.call(priya, 'POST', `/v1/access-requests/${reference}/decisions`, {
      decision: 'approve',
    });
    expect(first).toMatchObject({
      status: 201,
      body: { decision: 'approve', request_digest: asked.body.digest },
    });
    const half = await http.call(sam, 'GET', `/v1/access-requests/${id}`);
    expect(half.body.state).toBe('waiting');
    expect(half.body.stages.map((stage: { state: string }) => stage.state)).toEqual(['approved', 'waiting']);
    await http.call(anna, 'POST', `/v1/access-requests/${id}/decisions`, {
      decision: 'approve',
      comment: 'Go on',
    });
    expect((await http.call(sam, 'GET', `/v1/access-requests/${id}`)).body.state).toBe('approved');

    const grantId = await http.provision(id);
    const shown = await http.call(sam, 'POST', `/v1/access-requests/${id}/credential`, {});
    expect(shown).toMatchObject({
      status: 200,
      body: { grant_id: grantId, kind: 'postgres', database: 'shared_eu' },
    });
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(new URL(shown.body.url).password).toBe(shown.body.password);

    const returned = await http.call(sam, 'POST', `/v1/access-requests/${id}/return`, {});
    expect(returned).toMatchObject({
      status: 201,
      body: { kind: 'return', request_id: id, grant_id: grantId },
    });
    expect((await http.call(sam, 'GET', `/v1/grants/${grantId}`)).body.state).toBe('overdue');
    await http.end(grantId, 'return');
    const grant = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
    expect(grant.body).toMatchObject({
      state: 'ended',
      ended_by: 'return',
      ended_by_person: { name: 'Sam' },
    });

    const report = await http.call(anna, 'GET', `/v1/customers/acme/access-report?${everything}`);
    expect(report.body.items).toHaveLength(1);
    expect(report.body.items[0]).toMatchObject({
      reference,
      person: { name: 'Sam' },
      justification: wish.justification,
    });
    const approvers = report.body.items[0].approved_by.map(
      (one: { person: { name: string } }) => one.person.name,
    );
    expect(approvers).toEqual(['Priya', 'Anna']);

    expect(await http.events(id)).toEqual([
      'access_request.asked',
      'decision.recorded',
      'decision.recorded',
      'access_request.approved',
      'credential.shown',
      'return.recorded',
      'grant.end_intended',
    ]);
    expect(http.hurried.map(({ message }) => message.signal)).toEqual([null, 'approve', 'approve', 'return']);
    expect(await http.count('outbox')).toBe(http.hurried.length);
    const trail = await http.call(sita, 'GET', `/v1/audit-events?request=${reference}`);
    expect(trail.body.items.map((event: { actor: { name: string } }) => event.actor.name)).toEqual([
      'Sam',
      'Priya',
      'Anna',
      'Anna',
      'Sam',
      'Sam',
      'Sam',
    ]);
    expect(http.faults).toEqual([]);
  });

  it('what policy grants by itself is approved as it is asked', async () => {
    const body = {
      resource: 'initech-env',
      entitlement: 'read',
      period: 'PT30M',
      justification: 'A look',
      ticket: 'SUP-2',
    };
    const asked = await http.call(sam, 'POST', '/v1/access-requests', body);
    expect(asked).toMatchObject({
      status: 201,
      body: { state: 'approved', stages: [], organization: { key: 'initech' } },
    });
    expect(await http.events(asked.body.id)).toEqual(['access_request.asked', 'access_request.approved']);
  });

  it('a denial ends the request and needs its reason', async () => {
    const asked = await http.call(sam, 'POST', '/v1/access-requests', {
      ...wish,
      customer: undefined,
      resource: 'globex-env',
    });
    const path = `/v1/access-requests/${asked.body.id}/decisions`;
    const silent = await http.call(priya, 'POST', path, { decision: 'deny' });
    expect(silent).toMatchObject({ status: 422, body: { errors: [{ pointer: '/comment' }] } });
    const denied = await http.call(priya, 'POST', path, { decision: 'deny', comment: 'Use the copy' });
    expect(denied.status).toBe(201);
    const after = await http.call(sam, 'GET', `/v1/access-requests/${asked.body.id}`);
    expect(after.body).toMatchObject({
      state: 'denied',
      stages: [{ state: 'denied', decisions: [{ comment: 'Use the copy' }] }],
    });
    expect((await http.events(asked.body.id)).at(-1)).toBe('access_request.denied');
  });
});
