import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const anna = 'anna@acme.example';
const sita = 'sita@northwind.example';

describe('From asking to the record', () => {
  let it1: ApiHarness;
  beforeAll(async () => {
    it1 = await startApi();
  });
  afterAll(() => it1.stop());

  it('asks, is approved by both stages, shows the credential once, gives back and is answered from the record', async () => {
    const asked = await it1.call(sam, 'POST', '/v1/access-requests', {
      resource: 'postgres-eu', entitlement: 'read', customer: 'acme', period: 'PT2H',
      justification: 'Invoices are missing', ticket: 'SUP-1',
    });
    console.log(JSON.stringify(asked.body, null, 1), it1.faults);
    expect(asked.status).toBe(201);
    const id = asked.body.id;
    for (const who of [priya, anna]) {
      const decided = await it1.call(who, 'POST', `/v1/access-requests/${asked.body.reference}/decisions`, { decision: 'approve' });
      console.log(decided.body, it1.faults);
      expect(decided.status).toBe(201);
    }
    const grantId = await it1.provision(id);
    const cred = await it1.call(sam, 'POST', `/v1/access-requests/${id}/credential`, {});
    console.log(cred.body, it1.faults);
    expect(cred.status).toBe(200);
    const again = await it1.call(sam, 'POST', `/v1/access-requests/${id}/credential`, {});
    expect(again.body.type).toBe('urn:tenure:problem:credential-already-shown');
    const ret = await it1.call(sam, 'POST', `/v1/grants/${grantId}/return`, {});
    console.log(ret.body, it1.faults);
    expect(ret.status).toBe(201);
    await it1.end(grantId, 'return');
    const g = await it1.call(sam, 'GET', `/v1/grants/${grantId}`);
    console.log(g.body, it1.faults);
    const rep = await it1.call(anna, 'GET', '/v1/customers/acme/access-report?from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z');
    console.log(JSON.stringify(rep.body, null, 1), it1.faults);
    const csv = await it1.call(sita, 'GET', '/v1/customers/acme/access-report?from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z', undefined, { headers: { accept: 'text/csv' } });
    console.log(csv.body);
    console.log(await it1.events(id));
    for (const p of ['/v1/access-requests', '/v1/grants?customer=acme', '/v1/audit-events?request=' + asked.body.reference, '/v1/me', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/swagger-ui.css', '/healthz']) {
      const r = await it1.call(sita, 'GET', p);
      console.log(p, r.status, JSON.stringify(r.body).slice(0, 300), it1.faults.splice(0));
    }
  });
});
