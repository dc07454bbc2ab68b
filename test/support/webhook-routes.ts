import { sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';
import type { ManagedCase } from './managed-routes.ts';
import { type Role, roles } from './matrix.ts';

const managing = ['omar', 'ada', 'anna', 'gus'] as const;
const managingAcme = ['omar', 'ada', 'anna'] as const;

/** A webhook of that administrator's organization, with a delivery that was given up. Twenty are enough: those that were tried make room. */
export async function givenUp(
  http: ApiHarness,
  madeBy: string = roles.anna,
): Promise<{ id: string; delivery: string }> {
  const [id, delivery] = [newId('hook'), newId('msg')];
  const { db } = http.ledger.owner;
  await db.execute(
    sql`update webhook_endpoint set state = 'removed', disabled_for = null where state <> 'removed'`,
  );
  await db.execute(sql`
    insert into webhook_endpoint (id, organization_id, url, description, sealed_secret, made_by)
    select ${id}, organization_id, 'https://hooks.example.com/', 'Test', 'sealed', id from person where email = ${madeBy}`);
  await db.execute(sql`
    insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id, commitment)
    select ${newId('aud')}, 'webhook.made', 'system', 'system', 'webhook', ${id}, organization_id, organization_id, 'sha256:test'
    from webhook_endpoint where id = ${id}`);
  await db.execute(sql`
    insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type, state)
    select ${delivery}, ${id}, organization_id, id, type, 'dead' from audit_event where subject_id = ${id}`);
  return { id, delivery };
}

async function paused(http: ApiHarness): Promise<{ id: string }> {
  const { id } = await givenUp(http);
  await http.ledger.owner.db.execute(sql`update webhook_endpoint set state = 'paused' where id = ${id}`);
  return { id };
}

/** Another customer's for a customer's people; for the vendor's, who see all, one that is not there. */
const elsewhere = (http: ApiHarness, role: Role) =>
  role === 'gus' || role === 'anna'
    ? givenUp(http, role === 'gus' ? roles.anna : roles.gus)
    : { id: newId('hook'), delivery: newId('msg') };

const one = {
  passing: managing,
  admitted: managingAcme,
  params: (http: ApiHarness) => givenUp(http),
  foreign: elsewhere,
} satisfies ManagedCase;
const written = { ...one, body: () => ({}) };

/** The routes of webhooks, by every role. */
export const webhookCases: Record<string, ManagedCase> = {
  listWebhooks: { passing: managing, admitted: managing },
  makeWebhook: {
    passing: managing,
    admitted: managing,
    // Twenty are enough.
    body: async (http) => {
      await givenUp(http);
      return { url: 'https://hooks.example.com/', description: 'Test' };
    },
  },
  getWebhook: one,
  pauseWebhook: written,
  resumeWebhook: { ...written, params: paused },
  removeWebhook: written,
  rotateWebhookSecret: {
    ...written,
    // Whoever helps a customer does not get to sign for it.
    admitted: ['anna'],
    refused: { omar: 403, ada: 403 },
  },
  testWebhook: written,
  listWebhookDeliveries: one,
  replayWebhookDelivery: written,
  replayWebhook: { ...one, body: () => ({ since: '2026-01-01T00:00:00.000Z' }) },
};
