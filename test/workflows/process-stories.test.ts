import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { discardFence, releaseFence } from '../../db/queries/fence-decision.ts';
import { type ProcessStack, startProcessStack } from '../support/process-stack.ts';
import {
  decideAsSita,
  processBecomes,
  processMails,
  processTrail,
  prospect,
  someUsers,
  startProcess,
  tellProcess,
} from '../support/processes.ts';
import { eventually } from '../support/wait.ts';

let the: ProcessStack;

beforeAll(async () => {
  the = await startProcessStack();
});
afterEach(() => the.calm());
afterAll(() => the?.stop());

const db = () => the.stack.ledger.db;

describe('an onboarding', () => {
  it('of which a step fails for good is taken back as a whole, its owner is told, and it can be tried again', async () => {
    const { organizationId, wish } = await the.newCustomer('Fails', 4);
    the.refuse('user2@fails.example');
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    const story = await processBecomes(db(), processId, 'failed');
    expect(story).toMatchObject({
      lastError: 'target-refused',
      people: { undone: 4 },
      tasks: ['onboarding'],
    });
    expect(await the.heldBy(organizationId)).toEqual([]);
    expect(await the.openMembers(organizationId)).toBe(0);
    expect(await processMails(db(), processId)).toEqual(['onboarding-failed']);
    expect(await processTrail(db(), processId)).toEqual([
      'process.asked',
      'process.started',
      'process.failed',
    ]);

    the.calm();
    const again = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    expect(await processBecomes(db(), again, 'done')).toMatchObject({ people: { done: 4 } });
    expect(await the.openMembers(organizationId)).toBe(4);
  });

  it('gives nobody access whose address is taken elsewhere or who finds no seat, and says so in tasks', async () => {
    const people = [
      ...someUsers(3, 'small.example'),
      { email: 'sam@northwind.example', name: 'Sam', role: 'administrator' },
    ];
    const { organizationId, wish } = await prospect(db(), { name: 'Small', people, seats: 2 });
    const processId = await startProcess(db(), {
      kind: 'onboarding',
      organizationId,
      wish: { ...wish, welcome: false },
    });
    const story = await processBecomes(db(), processId, 'done');
    expect(story).toMatchObject({ people: { done: 2 }, tasks: ['onboarding', 'seats'] });
    expect(await the.openMembers(organizationId)).toBe(2);
  });

  it('under a tier that the catalog has not got fails with a task and gives nobody anything', async () => {
    const { organizationId, wish } = await prospect(db(), {
      name: 'Odd',
      tier: 'no-such',
      people: someUsers(1, 'odd.example'),
    });
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    expect(await processBecomes(db(), processId, 'failed')).toMatchObject({
      lastError: 'unknown-tier',
      people: {},
      tasks: ['onboarding'],
    });
  });
});

describe('a role change', () => {
  it('brings all users of a customer to its new tier, and lists whom it could not', async () => {
    const { organizationId } = await the.customer('Grows', 3);
    expect(await the.heldBy(organizationId)).toContain('user0@grows.example administer');
    const terms = { tier: 'enterprise', region: 'us', seats: null, until: null, state: 'active' };
    the.refuse('user0@grows.example');
    const processId = await startProcess(db(), {
      kind: 'role-change',
      organizationId,
      wish: { what: 'contract', effects: ['tier-changed'], terms },
    });
    expect(await processBecomes(db(), processId, 'residue')).toMatchObject({
      people: { done: 2, failed: 1 },
      tasks: ['role-change'],
    });
    the.calm();
    const again = await startProcess(db(), {
      kind: 'role-change',
      organizationId,
      wish: { what: 'contract' },
    });
    await processBecomes(db(), again, 'done');
    expect(await the.heldBy(organizationId)).toContain('user0@grows.example automate');
  });
});

describe('a change of many people at once by a feed or an edit', () => {
  /** Gives each of a customer's members one role more, as an import does, beside the process that brings it about. */
  async function widen(organizationId: string): Promise<string> {
    await db().execute(sql`
      update membership set given_roles = '{analyst,customer-administrator}' where organization_id = ${organizationId} and until is null`);
    return startProcess(db(), {
      kind: 'role-change',
      organizationId,
      cause: 'configuration',
      wish: { what: 'roles' },
    });
  }

  const administrators = async (organizationId: string) =>
    (await the.heldBy(organizationId)).filter((one) => one.endsWith(' administer')).length;

  async function decideOn(processId: string, decide: typeof releaseFence, single: boolean): Promise<void> {
    const items = await db().execute<{ id: string; fence: string }>(sql`
      select id, fence_id as fence from fence_item where process_id = ${processId} and state = 'waiting' order by id`);
    const fenceId = items[0]?.fence ?? '';
    const some = single ? { items: items.slice(0, 1).map(({ id }) => id) } : {};
    await decideAsSita(db(), decide, { fenceId, ...some });
  }

  it('goes on for as many as the fence lets through; each of the others as a second person says', async () => {
    const { organizationId } = await the.customer('Fenced', 9);
    const processId = await widen(organizationId);
    // One of them administers already: nothing changes for them, and they are not counted.
    expect(await processBecomes(db(), processId, 'fenced')).toMatchObject({ people: { done: 6, fenced: 3 } });
    expect(await administrators(organizationId)).toBe(6);
    await decideOn(processId, releaseFence, true);
    await eventually('the one that was released', async () => (await administrators(organizationId)) === 7);
    await processBecomes(db(), processId, 'fenced');
    await decideOn(processId, discardFence, false);
    expect(await processBecomes(db(), processId, 'done')).toMatchObject({ people: { done: 7, skipped: 2 } });
    expect(await administrators(organizationId)).toBe(7);
  });

  it('takes from nobody beyond the fence who is only named in a feed, until it is released', async () => {
    const { organizationId } = await the.customer('Roster', 8);
    const people = await db().execute<{ id: string }>(
      sql`select id from person where organization_id = ${organizationId} order by id`,
    );
    const processes: string[] = [];
    for (const { id: personId } of people.slice(0, 7))
      processes.push(
        await startProcess(db(), {
          kind: 'offboarding',
          organizationId,
          personId,
          cause: 'roster',
          wish: { why: 'removal' },
        }),
      );
    await eventually('all of them', async () => {
      const stories = await Promise.all(processes.map((id) => tellProcess(db(), id)));
      return (
        stories.filter(({ state }) => state === 'done').length === 5 &&
        stories.filter(({ state }) => state === 'fenced').length === 2
      );
    });
    const held = new Set((await the.heldBy(organizationId)).map((one) => one.split(' ')[0]));
    expect(held.size).toBe(3);
    const stories = await Promise.all(
      processes.map(async (id) => ({ id, ...(await tellProcess(db(), id)) })),
    );
    const [released = '', discarded = ''] = stories.flatMap(({ id, state }) =>
      state === 'fenced' ? [id] : [],
    );
    await decideOn(released, releaseFence, true);
    await decideOn(discarded, discardFence, true);
    await processBecomes(db(), released, 'done');
    await processBecomes(db(), discarded, 'discarded');
    expect(new Set((await the.heldBy(organizationId)).map((one) => one.split(' ')[0])).size).toBe(2);
  });
});
