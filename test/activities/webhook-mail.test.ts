import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { collectNotices } from '../../db/queries/notice.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { arrivalsOf, publicUrl } from '../support/mail-arrivals.ts';
import { type EphemeralSmtp, ephemeralSmtp } from '../support/smtp.ts';

// That a webhook stopped is told to those who may mend it, once for each stop, over a real mail server.

const [ada, omar] = ['ada@northwind.example', 'omar@northwind.example'];
const [anna, tom] = ['anna@acme.example', 'tom@acme.example'];
let http: ApiHarness;
let smtp: EphemeralSmtp;
beforeAll(async () => {
  [http, smtp] = await Promise.all([startApi(), ephemeralSmtp()]);
});
beforeEach(async () => {
  await http.ledger.owner.db.execute(sql`truncate notice`);
  await http.ledger.owner.db.execute(sql`delete from notice_preference`);
});
afterAll(async () => {
  await smtp?.stop();
  await http?.stop();
});

/** What arrives when what is due is told and sent, in the order of the addresses. */
async function arrivals() {
  await collectNotices(http.ledger.system.db, 0);
  return arrivalsOf(http, smtp);
}
const addresses = async () => (await arrivals()).map(({ to }) => to);

async function made(who: string, description: string): Promise<string> {
  const { status, body } = await http.call(who, 'POST', '/v1/webhooks', {
    url: 'https://hooks.example.com/tenure?key=not-to-be-told',
    description,
  });
  expect(status).toBe(201);
  return body.id;
}
const stop = (id: string, why: string) =>
  http.ledger.system.db.execute(
    sql`update webhook_endpoint set state = 'disabled', disabled_for = ${why} where id = ${id} and state <> 'disabled'`,
  );
const resume = (who: string, id: string) => http.call(who, 'POST', `/v1/webhooks/${id}/resumption`, {});

it('to a customer’s administrators of its own, with which, why and what to do, once for each stop', async () => {
  const id = await made(anna, 'Acme’s data lake');
  await stop(id, 'gone');
  await stop(id, 'gone');
  const told = await arrivals();
  expect(told.map(({ to }) => to)).toEqual([anna, tom]);
  for (const { subject, text, html } of told) {
    expect(subject).toBe('The webhook Acme’s data lake has stopped');
    for (const part of [text, html]) {
      for (const words of ['Acme’s data lake, Acme', '410', `tenure webhook resume ${id}`])
        expect(part).toContain(words);
      expect(part).toContain(`${publicUrl}/admin/activity`);
      expect(part).toContain(`${publicUrl}/account#mails`);
      expect(part).not.toContain('not-to-be-told');
    }
  }
  expect(await arrivals()).toEqual([]);
  expect((await resume(anna, id)).status).toBe(201);
  await stop(id, 'failing');
  const again = await arrivals();
  expect(again.map(({ to }) => to)).toEqual([anna, tom]);
  expect(again[0]?.text).toContain('It took nothing for 5 days');
});

it('to who manages access at the vendor of the vendor’s, and of a customer that has no administrator', async () => {
  const [own, orphan] = [await made(omar, 'Warehouse'), await made(anna, 'Nobody’s')];
  const { db } = http.ledger.owner;
  await stop(own, 'failing');
  const [first] = await arrivals();
  expect(first).toMatchObject({ to: ada, subject: 'The webhook Warehouse has stopped' });
  expect(first?.text).toContain(`${publicUrl}/operations/webhooks`);
  await db.transaction(async (tx) => {
    await tx.execute(sql`alter table person disable trigger user`);
    await tx.execute(sql`update person set suspended_at = tenure_now() where email in (${anna}, ${tom})`);
    await tx.execute(sql`alter table person enable trigger user`);
  });
  await stop(orphan, 'gone');
  const told = await arrivals();
  expect(told.map(({ to }) => to)).toEqual([ada, omar]);
  expect(told[0]?.text).toContain('Nobody’s, Acme');
  await db.execute(sql`update person set suspended_at = null where email in (${anna}, ${tom})`);
});

it('to nobody who does not want it, and not when it goes on again already', async () => {
  await http.ledger.owner.db.execute(sql`
    insert into notice_preference (person_id, topic, organization_id, choice)
    select id, 'operations', organization_id, 'off' from person where email = ${tom}`);
  const id = await made(anna, 'Acme’s archive');
  await stop(id, 'gone');
  expect(await addresses()).toEqual([anna]);
  await resume(anna, id);
  await stop(id, 'gone');
  await resume(anna, id);
  expect(await addresses()).toEqual([]);
});
