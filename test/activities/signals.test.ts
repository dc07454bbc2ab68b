import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { followSignals } from '../../activities/signals/follow.ts';
import { keepSignal } from '../../db/queries/signal.ts';
import { insertSignalSource } from '../../db/queries/signal-source.ts';
import { newId } from '../../domain/ids.ts';
import { readSecurityEvent } from '../../domain/signal.ts';
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

it('access by a role ends while the device does not comply, and comes back with it', async () => {
  const { deps } = roster;
  const { id: organizationId, people } = await roster.customer({ users: 2 });
  await bringAll(deps, await roster.process({ organizationId, people }));
  const [one = '', other = ''] = people;
  const before = await heldBy(one);
  expect(before.length).toBeGreaterThan(0);
  const [address] = await db().execute<{ email: string }>(sql`select email from person where id = ${one}`);
  const source = { id: newId('sigsrc'), organizationId };
  const said = { name: 'Test', issuer: 'https://idp.example', audience: 'tenure', jwks: { keys: [] } };
  await insertSignalSource(roster.owner.db, {
    ...source,
    ...said,
    kind: 'push',
    pollUrl: null,
    sealedAuthorization: null,
    sealedSecret: null,
    madeBy: other,
  });

  for (const status of ['not-compliant', 'compliant']) {
    const at = Date.now();
    const event = 'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change';
    const payload = { current_status: status, event_timestamp: status === 'compliant' ? at / 1_000 : 1_000 };
    const subject = { format: 'email', email: address?.email ?? '' };
    const reading = readSecurityEvent({ events: { [event]: payload }, sub_id: subject }, at);
    await keepSignal(roster.owner.db, { source, jti: status, reading });
    expect(await followSignals({ ledger: roster.ledger, decide: deps.decide, log: deps.log })).toBe(1);
    const [process] = await db().execute<{ id: string }>(
      sql`select id from process order by id desc limit 1`,
    );
    await drawUpProcess(deps, process?.id ?? '', () => undefined);
    await bringAll(deps, process?.id ?? '');
    await assessProcess(deps, process?.id ?? '');
    expect(await heldBy(one)).toEqual(status === 'compliant' ? before : []);
    expect(await heldBy(other)).toEqual(before);
  }
});
