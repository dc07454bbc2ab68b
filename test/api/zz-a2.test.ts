import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  const rows = Array.from({ length: 5000 }, (_, at) => ({ o: newId('org'), k: `many${at}`, p: newId('person') }));
  await http.ledger.owner.db.execute(sql`
    with r as materialized (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(o text, k text, p text)),
    os as (insert into organization (id, key, kind, name, tier_key, region, onboarded_at) select o, k, 'customer', k, 'enterprise', 'eu', tenure_now() from r returning id)
    insert into person (id, organization_id, email, name, employment) select p, o, k || '@m.example', k, 'customer' from r`);
  await http.ledger.owner.db.execute(sql`
    insert into membership (person_id, organization_id, contract_role, origin) select id, organization_id, 'member', 'contract' from person where email like '%@m.example'`);
  await http.ledger.owner.db.execute(sql`analyze`);
}, 120_000);
afterAll(() => http.stop());

it('measures', { timeout: 300_000 }, async () => {
  for (const step of [0, 1, 2]) {
    const { body } = await http.call('omar@northwind.example', 'GET', '/v1/catalog');
    const document = body.catalog;
    for (const one of document.roles) if (one.key === 'analyst') one.entitlements = [step % 2 ? 'northwind-app:export' : 'northwind-app:automate'];
    let at = performance.now();
    await http.call('omar@northwind.example', 'POST', '/v1/catalog/plan', { catalog: document });
    const planMs = performance.now() - at;
    at = performance.now();
    const answer = await http.call('omar@northwind.example', 'POST', '/v1/catalog/revisions', { base_revision: body.revision, reason: 'x', catalog: document });
    console.log('plan', Math.round(planMs), 'apply', Math.round(performance.now() - at), answer.status, answer.body.processes?.length, http.hurried.length);
    expect(answer.status).toBe(201);
  }
});
