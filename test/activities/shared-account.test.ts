import * as fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { endGrant } from '../../activities/end.ts';
import { extendGrant } from '../../activities/extend.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { undoPage } from '../../activities/processes/undo.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { actors } from '../../domain/audit-event.ts';
import { holdingKey, type Holding, union } from '../../domain/plan.ts';
import { newId } from '../../domain/ids.ts';
import { ask } from '../support/asking.ts';
import { isDrill } from '../support/extent.ts';
import { type MemoryTarget, memoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { type Roster, startRoster } from '../support/roster.ts';
import { askExtension } from '../support/story.ts';
import { anyOf } from '../../db/queries/texts.ts';

// One account on one application, on which a person's requests and roles are held together.

let roster: Roster;
let target: MemoryTarget;
/** What goes wrong now: decided at each message and at each named place. */
let chance: Chance = { next: () => 'well' };

/** `lost`: it is done, and the answer does not come. `late`: it does not come, and is done some time later. */
type Fate = 'well' | 'away' | 'lost' | 'late';
interface Chance {
  next(of?: 'message'): Fate;
}

/** That fate for the first message, and none for the rest. */
function once(fate: Fate): Chance {
  let isOver = false;
  return {
    next(of) {
      if (of !== 'message' || isOver) return 'well';
      isOver = true;
      return fate;
    },
  };
}

/** What was late comes now. */
async function arrival(): Promise<void> {
  await Promise.all(late.splice(0).map((arrive) => arrive()));
}

const late: (() => Promise<void>)[] = [];
const signal = new AbortController().signal;
const db = () => roster.ledger.db;

beforeAll(async () => {
  target = sharedMemoryTarget();
  roster = await startRoster({ app: unreliable(target), vault: memoryTarget() });
  roster.deps.decide = () => ({
    outcome: 'automatic',
    stages: [],
    needs: [],
    missing: [],
    freshMs: null,
    longest: 'PT8H',
    reported: false,
    policyVersion: 'sha256:test',
    policies: [],
  });
  roster.deps.reach = async () => {
    await breath();
    if (chance.next() === 'away') throw new ConnectorError('target-error');
  };
});

afterAll(() => roster?.stop());

/** The same target at the end of a bad line. */
function unreliable(inner: MemoryTarget): Connector {
  return {
    ...inner,
    async observe(...words) {
      await breath();
      if (chance.next() === 'away') throw new ConnectorError('target-unreachable');
      return inner.observe(...words);
    },
    async apply(...words) {
      await breath();
      const fate = chance.next('message');
      if (fate === 'well') return inner.apply(...words);
      if (fate === 'lost') await inner.apply(...words);
      if (fate === 'late') late.push(() => inner.apply(...words).catch(() => undefined));
      throw new ConnectorError('target-unreachable');
    },
  };
}

/** Lets whatever else is under way go on. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A new person of the vendor's: an account of their own, by roles and by requests alike. */
async function newPerson(): Promise<string> {
  const id = newId('person');
  await db().execute(sql`insert into person (id, organization_id, email, name, employment)
    values (${id}, ${roster.vendorId}, ${`${id}@vendor.example`}, 'Somebody', 'employee')`);
  return id;
}

async function setRoles(personId: string, roles: readonly string[]): Promise<string> {
  await db().transaction(async (tx) => {
    await tx.execute(
      sql`update person_role set until = tenure_now() where person_id = ${personId} and until is null`,
    );
    await tx.execute(sql`insert into person_role (person_id, role_id, organization_id)
      select ${personId}, id, ${roster.vendorId} from role where key = ${anyOf(roles)}`);
  });
  return roster.process({ organizationId: roster.vendorId, people: [personId], cause: 'operations' });
}

type Step =
  | { kind: 'request'; entitlement: string; period: string }
  | { kind: 'end' | 'extend' | 'cancel-extension' | 'undo' | 'again'; at: number }
  | { kind: 'roles'; roles: string[] };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    entitlement: fc.constantFrom('sign-in', 'edit', 'manage'),
    period: fc.constantFrom('PT1H', 'PT2H'),
  }),
  fc.record({
    kind: fc.constantFrom(
      'end' as const,
      'extend' as const,
      'cancel-extension' as const,
      'undo' as const,
      'again' as const,
    ),
    at: fc.nat({ max: 9 }),
  }),
  fc.record({
    kind: fc.constant('roles' as const),
    roles: fc.constantFrom(['viewer'], ['member'], ['manager'], [] as string[]),
  }),
);

/** A person's story: what was asked for, and the processes that were started. */
class Story {
  readonly #requests: string[] = [];
  readonly #extensions: string[] = [];
  readonly #processes: string[] = [];

  constructor(readonly personId: string) {}

  async take(one: Step, deps: ActivityDeps): Promise<void> {
    switch (one.kind) {
      case 'request': {
        const { entitlement, period } = one;
        const person = `${this.personId}@vendor.example`;
        const { requestId } = await ask(db(), { person, resource: 'app', entitlement, period });
        this.#requests.push(requestId);
        return provisionRequest(deps, requestId, signal);
      }
      case 'end': {
        const [grant] = await db().execute<{ id: string }>(sql`
          update access_grant set end_at = tenure_now(), end_order = 'revocation'
          where request_id = ${pick(this.#requests, one.at)} and state in ('provisioning', 'held') and end_at is null returning id`);
        return grant && endGrant(deps, grant.id, actors.engine, signal);
      }
      case 'extend': {
        const requestId = pick(this.#requests, one.at);
        if (!requestId) return;
        const id = await askExtension(db(), requestId, 'PT1H');
        this.#extensions.push(id);
        return extendGrant(deps, id, signal);
      }
      case 'cancel-extension': {
        const id = pick(this.#extensions, one.at);
        await db().execute(sql`update access_request set state = 'cancelled', settled_at = tenure_now()
          where id = ${id} and state in ('waiting', 'approved')`);
        return id === null ? undefined : extendGrant(deps, id, signal);
      }
      case 'roles': {
        const processId = await setRoles(this.personId, one.roles);
        this.#processes.push(processId);
        return bringAboutPage(deps, processId, signal, () => undefined);
      }
      case 'undo': {
        const processId = pick(this.#processes, one.at);
        if (processId === null) return;
        await db().execute(
          sql`update process set state = 'undoing' where id = ${processId} and state = 'running'`,
        );
        return undoPage(deps, processId, signal, () => undefined);
      }
      case 'again':
        return this.goOn(deps);
    }
  }

  /** Does, as the workflows and the reaper would, whatever is still to be done. */
  async goOn(deps: ActivityDeps): Promise<void> {
    for (const requestId of this.#requests) await provisionRequest(deps, requestId, signal);
    for (const id of this.#extensions) await extendGrant(deps, id, signal);
    for (const id of this.#processes) {
      await bringAboutPage(deps, id, signal, () => undefined);
      await undoPage(deps, id, signal, () => undefined);
    }
    const due = await db().execute<{ id: string }>(sql`
      select id from access_grant where person_id = ${this.personId} and ended_at is null and due_at <= tenure_now()`);
    for (const { id } of due) await endGrant(deps, id, actors.reaper, signal);
  }

  /** Goes on until nothing is left to be done. */
  async finish(deps: ActivityDeps): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await this.goOn(deps);
      await arrival();
      const [open] = await db().execute<{ count: number }>(sql`
        select (select count(*) from access_grant where person_id = ${this.personId} and ended_at is null
            and (state = 'provisioning' or due_at <= tenure_now()))
          + (select count(*) from process_person where person_id = ${this.personId} and state in ('waiting', 'applying')
            and process_id in (select id from process where state = 'running')) as count`);
      if (Number(open?.count) === 0) return;
    }
    throw new RangeError('It does not come to an end.');
  }
}

function pick(ids: readonly string[], at: number): string | null {
  return ids.length === 0 ? null : (ids[at % ids.length] ?? null);
}

async function liveOf(personId: string): Promise<Holding[]> {
  const rows = await db().execute<Holding & Record<string, unknown>>(sql`
    select g.account, e.key as entitlement, o.key as scope,
      to_char(g.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
    from access_grant g join entitlement e on e.id = g.entitlement_id join organization o on o.id = g.organization_id
      join resource r on r.id = g.resource_id
    where g.person_id = ${personId} and r.key = 'app' and g.state = 'held' and g.due_at > tenure_now()`);
  return sorted(union([...rows]));
}

function heldBy(personId: string): Holding[] {
  return sorted(target.holdings().filter((one) => one.account === personId));
}

function sorted(holdings: readonly Holding[]): Holding[] {
  return holdings.toSorted((a, b) => (holdingKey(a) < holdingKey(b) ? -1 : 1));
}

describe('an account on which requests and roles are held together', () => {
  it('is left what the other gives, whichever of the two ends', async () => {
    const personId = await newPerson();
    const story = new Story(personId);
    await story.take({ kind: 'roles', roles: ['member'] }, roster.deps);
    await story.take({ kind: 'request', entitlement: 'edit', period: 'PT1H' }, roster.deps);
    await story.take({ kind: 'request', entitlement: 'manage', period: 'PT1H' }, roster.deps);
    expect(
      heldBy(personId)
        .map((one) => one.entitlement)
        .sort(),
    ).toEqual(['edit', 'manage', 'sign-in']);
    const byRole = heldBy(personId).find((one) => one.entitlement === 'edit')?.until;
    await story.take({ kind: 'end', at: 0 }, roster.deps);
    expect(heldBy(personId).find((one) => one.entitlement === 'edit')?.until).toBe(byRole);
    await story.take({ kind: 'roles', roles: [] }, roster.deps);
    expect(heldBy(personId).map((one) => one.entitlement)).toEqual(['manage']);
    await story.take({ kind: 'end', at: 1 }, roster.deps);
    expect(heldBy(personId)).toEqual([]);
    expect(await liveOf(personId)).toEqual([]);
  });

  it('moves its end with an extension, and back when that comes to nothing', async () => {
    const personId = await newPerson();
    const story = new Story(personId);
    await story.take({ kind: 'request', entitlement: 'edit', period: 'PT1H' }, roster.deps);
    const before = heldBy(personId);
    await story.take({ kind: 'extend', at: 0 }, roster.deps);
    expect(heldBy(personId)).toEqual(await liveOf(personId));
    expect(heldBy(personId)).not.toEqual(before);
  });

  it('gives nothing to what was sent before its end and comes after it', async () => {
    const personId = await newPerson();
    const story = new Story(personId);
    chance = once('late');
    await expect(
      story.take({ kind: 'request', entitlement: 'edit', period: 'PT1H' }, roster.deps),
    ).rejects.toMatchObject({ code: 'target-unreachable' });
    expect(late).toHaveLength(1);
    await story.take({ kind: 'end', at: 0 }, roster.deps);
    await arrival();
    expect(heldBy(personId)).toEqual([]);
    expect(await liveOf(personId)).toEqual([]);
  });

  it('keeps its end when the message of an extension that came to nothing comes late', async () => {
    const personId = await newPerson();
    const story = new Story(personId);
    await story.take({ kind: 'request', entitlement: 'edit', period: 'PT1H' }, roster.deps);
    const before = heldBy(personId);
    chance = once('late');
    await expect(story.take({ kind: 'extend', at: 0 }, roster.deps)).rejects.toMatchObject({
      code: 'target-unreachable',
    });
    await story.take({ kind: 'cancel-extension', at: 0 }, roster.deps);
    await arrival();
    expect(heldBy(personId)).toEqual(before);
    expect(await liveOf(personId)).toEqual(before);
  });

  it('is the union of all that is live, whatever met, was lost, came late or broke off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(
          fc.oneof(
            { weight: 5, arbitrary: fc.constant('well' as const) },
            { weight: 1, arbitrary: fc.constantFrom('away' as const, 'lost' as const, 'late' as const) },
          ),
        ),
        async (rounds, fates) => {
          const story = new Story(await newPerson());
          chance = { next: () => fates.next().value ?? 'well' };
          for (const steps of rounds) {
            // Each as another process of ours: they know of each other by the ledger and the target alone.
            await Promise.allSettled(steps.map((one) => story.take(one, { ...roster.deps })));
            if (fates.next().value !== 'well') await arrival();
          }
          chance = { next: () => 'well' };
          await story.finish(roster.deps);
          expect(heldBy(story.personId)).toEqual(await liveOf(story.personId));
        },
      ),
      { numRuns: isDrill ? 1_000 : 60 },
    );
  }, 300_000);
});
