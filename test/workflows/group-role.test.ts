import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { followGroups } from '../../activities/groups.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type ProcessStack, startProcessStack } from '../support/process-stack.ts';
import { processBecomes } from '../support/processes.ts';

// What a group gives is carried by the same process as an administrator's change, down to the application.

let the: ProcessStack;
let owner: Ledger;
let organizationId: string;
const provider = newId('idp');
const email = 'user1@grouped.example';

beforeAll(async () => {
  the = await startProcessStack();
  owner = openLedger({ url: the.stack.ledgerServer.url, applicationName: 'tenure-test' });
  ({ organizationId } = await the.customer('Grouped', 2));
  await write(sql`
    insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
    values (${newId('dom')}, ${organizationId}, 'grouped.example', 't', 'dns', tenure_now())`);
  await write(sql`
    insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state, group_roles, new_people, default_role)
    values (${provider}, ${organizationId}, 'Okta', 'https://okta.example', 'tenure', '{}', 'live',
      '[{"group": "viewers", "role": "viewer"}, {"group": "everybody", "role": "member"}]', 'add', 'viewer')`);
  await write(sql`
    insert into source_identity (person_id, organization_id, source, external_id, claims)
    select id, organization_id, ${`oidc:${organizationId}:https://okta.example#tenure`}, email, '{}' from person where email = ${email}`);
});
afterAll(async () => {
  await owner?.close();
  await the?.stop();
});

const write = (query: ReturnType<typeof sql>) => owner.db.execute(query);

/** Somebody has signed in, and the provider has said these groups; then everything that follows has. */
async function said(who: string, groups: string): Promise<string[]> {
  await write(sql`
    insert into group_reading (id, organization_id, provider_id, person_id, email, name, groups)
    select ${newId('grp')}, ${organizationId}, ${provider}, p.id, case when p.id is null then ${who} end, case when p.id is null then 'New' end,
      ${groups}::text[] from (select 1) one left join person p on p.email = ${who}`);
  const log = { warn: (about: unknown) => expect(about).toBeNull() };
  await followGroups({ ledger: the.stack.ledger, log });
  const [process] = await the.stack.ledger.db.execute<{ id: string }>(
    sql`select id from process where organization_id = ${organizationId} and cause = 'roster' order by id desc limit 1`,
  );
  await processBecomes(the.stack.ledger.db, process?.id ?? '', 'done');
  return (await the.heldBy(organizationId)).filter((line) => line.startsWith(who));
}

it('standing access follows groups, both ways', async () => {
  // The contract says `member`.
  const asMember = (await the.heldBy(organizationId)).filter((line) => line.startsWith(email));
  const asViewer = await said(email, '{viewers,everybody}');
  expect(asViewer.length).toBeLessThan(asMember.length);
  expect(await said(email, '{everybody}')).toEqual(asMember);
  expect(await said(email, '{}')).toEqual(asViewer);
});

it('somebody new of a proven domain gets what their group says, and no mail', async () => {
  const held = await said('new@grouped.example', '{everybody}');
  expect(held.length).toBeGreaterThan(0);
  const mails = await the.stack.ledger.db.execute(
    sql`select 1 from mail m join person p on p.id = m.to_person_id where p.email = 'new@grouped.example' and m.kind = 'welcome'`,
  );
  expect(mails.length).toBe(0);
});
