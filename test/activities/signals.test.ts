import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { closeLapsedSignals, followSignals } from '../../activities/signals/follow.ts';
import { keepSignal } from '../../db/queries/signal.ts';
import { insertSignalSource } from '../../db/queries/signal-source.ts';
import { newId } from '../../domain/ids.ts';
import { readAlert, readSecurityEvent } from '../../domain/signal.ts';
import { sharedMemoryTarget, memoryTarget, type MemoryTarget } from '../support/memory-connector.ts';
import { bringAll, type Roster, startRoster } from '../support/roster.ts';

// What a role gives follows what is said of whoever holds it, both ways, and nobody else's does.

const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
let roster: Roster;
beforeAll(async () => {
  roster = await startRoster(targets);
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

async function heldBy(personId: string): Promise<string[]> {
  const rows = await db().execute<{ name: string }>(sql`
    select r.key || ':' || e.key as name from access_grant g join resource r on r.id = g.resource_id
      join entitlement e on e.id = g.entitlement_id
    where g.person_id = ${personId} and g.state = 'held' and g.end_at is null order by 1`);
  return rows.map(({ name }) => name);
}

/** A source about the people of a customer of two, who hold what their roles give. */
async function scene() {
  const { deps } = roster;
  const { id: organizationId, people } = await roster.customer({ users: 2 });
  await bringAll(deps, await roster.process({ organizationId, people }));
  const [one = '', other = ''] = people;
  const before = await heldBy(one);
  expect(before.length).toBeGreaterThan(0);
  const [address] = await db().execute<{ email: string }>(sql`select email from person where id = ${one}`);
  const source = { id: newId('sigsrc'), organizationId };
  await insertSignalSource(roster.owner.db, {
    ...source,
    name: 'Test',
    issuer: 'https://idp.example',
    audience: 'tenure',
    jwks: { keys: [] },
    kind: 'push',
    jwksUri: null,
    pollUrl: null,
    sealedAuthorization: null,
    sealedSecret: null,
    madeBy: other,
  });
  return { one, other, before, email: address?.email ?? '', source };
}

/** Brings about what follows from what was said. */
async function carryOut(): Promise<void> {
  const { deps } = roster;
  const [process] = await db().execute<{ id: string }>(sql`select id from process order by id desc limit 1`);
  await drawUpProcess(deps, process?.id ?? '', () => undefined);
  await bringAll(deps, process?.id ?? '');
  await assessProcess(deps, process?.id ?? '');
}

const following = () => ({ ledger: roster.ledger, decide: roster.deps.decide, log: roster.deps.log });

it('access by a role ends while the device does not comply, and comes back with it', async () => {
  const { one, other, before, email, source } = await scene();
  for (const status of ['not-compliant', 'compliant']) {
    const at = Date.now();
    const event = 'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change';
    const payload = { current_status: status, event_timestamp: status === 'compliant' ? at / 1_000 : 1_000 };
    const subject = { format: 'email', email };
    const reading = readSecurityEvent({ events: { [event]: payload }, sub_id: subject }, at);
    await keepSignal(roster.owner.db, { source, jti: status, reading });
    expect(await followSignals(following())).toBe(1);
    await carryOut();
    expect(await heldBy(one)).toEqual(status === 'compliant' ? before : []);
    expect(await heldBy(other)).toEqual(before);
  }
});

it('what was said until an instant is over then, and access by a role comes back by itself', async () => {
  const { one, before, email, source } = await scene();
  const until = (inMs: number) => new Date(Date.now() + inMs).toISOString();
  const say = async (id: string, endsAt: string) => {
    const occurredAt = new Date(Date.now() - 1_000).toISOString();
    const alert = {
      id,
      subject: { email },
      signal: 'device-not-compliant',
      active: true,
      occurredAt,
      endsAt,
    };
    await keepSignal(roster.owner.db, { source, jti: id, reading: readAlert(alert, Date.now()) });
    expect(await followSignals(following())).toBe(1);
  };
  await say('until-soon', until(60_000));
  await carryOut();
  expect(await heldBy(one)).toEqual([]);
  expect(await closeLapsedSignals(following())).toBe(0);
  await roster.owner.db.execute(sql`alter table signal disable trigger guard_signal`);
  await roster.owner.db.execute(sql`update signal set ends_at = tenure_now() where jti = 'until-soon'`);
  await roster.owner.db.execute(sql`alter table signal enable trigger guard_signal`);
  // Twice at once it is closed once.
  const closed = await Promise.all([closeLapsedSignals(following()), closeLapsedSignals(following())]);
  expect(closed.reduce((all, one) => all + one)).toBe(1);
  await carryOut();
  expect(await heldBy(one)).toEqual(before);
  const [signal] = await db().execute(sql`select state, close_reason from signal where jti = 'until-soon'`);
  expect(signal).toEqual({ state: 'closed', close_reason: null });
});
