import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill } from '../support/extent.ts';
import type { Customer, Roster } from '../support/roster.ts';
import {
  carry,
  changed,
  changes,
  closeScene,
  type Exchange,
  faults,
  having,
  letFail,
  names,
  observed,
  onboarded,
  openGrants,
  openScene,
  openTasks,
  reaped,
  until,
  users,
  whenTurned,
} from './role-change-scene.ts';

// Promise 5 for a role change on three targets (an application over HTTP, two PostgreSQL servers), of which every set fails:
// what the targets show afterwards is what they showed before, and trying again when they are back ends in the new roles.

let roster: Roster;
beforeAll(async () => {
  roster = await openScene();
});
beforeEach(() => letFail(() => null));
afterAll(closeScene);

async function expectRetried(customer: Customer, change: Exchange): Promise<void> {
  letFail(() => null);
  const again = await roster.process({ organizationId: customer.id, people: customer.people });
  expect(await carry(roster.deps, again)).toMatchObject({ state: 'done', people: { done: users } });
  expect(await observed(customer)).toEqual(having(changes[change].to, until.after));
  expect(await openTasks(again)).toEqual([]);
}

const subsets = Array.from({ length: 2 ** names.length }, (_, bits) => {
  const down = names.filter((_name, at) => (bits >> at) % 2 === 1);
  return { down, which: down.join(', ') || 'none' };
});
const both: Exchange[] = ['may be held together', 'exclude each other'];
const everyWay = both.flatMap((change) =>
  subsets.flatMap(({ down, which }) => faults.map((fault) => ({ change, down, which, fault }))),
);
const someWays = isDrill ? everyWay : everyWay.filter((_, at) => at % 4 === 1);

describe.each(someWays)('between roles that $change, with $which of three that $fault', (way) => {
  const { change, down, fault } = way;

  it('a change is complete, or what was before is there again, and a retry ends in the new roles', async () => {
    const customer = await onboarded(change);
    const before = await observed(customer);
    expect(before).toEqual(having(changes[change].from, until.before));
    const grants = await openGrants(customer);
    const processId = await changed(customer, change);
    letFail((name) => (down.includes(name) ? fault : null));
    await carry(roster.deps, processId, () => whenTurned(processId));
    letFail(() => null);
    const story = await carry(roster.deps, processId);
    await reaped(customer);
    const after = having(changes[change].to, until.after);
    if (down.length === 0) {
      expect(story).toMatchObject({ state: 'done', people: { done: users } });
      return expect(await observed(customer)).toEqual(after);
    }
    // What was given although nobody heard of it is found there by the next try; then only ends are left, which are carried on.
    const isGiven = fault === 'loses its answers' && (await observed(customer)).join() === after.join();
    if (isGiven && story.state === 'done') return;
    expect(story).toMatchObject({ state: 'residue', people: { failed: users } });
    expect(await observed(customer)).toEqual(isGiven ? after : before);
    // What need not go first was never touched.
    if (change === 'may be held together' && !isGiven) expect(await openGrants(customer)).toEqual(grants);
    expect(await openTasks(processId)).toEqual(['role-change omar@vendor.example']);
    await expectRetried(customer, change);
  });
});

const forEver = subsets.filter(({ down }) => (isDrill ? down.length > 0 : down.length === 1));

describe.each(forEver)('where $which stays away for ever', ({ down }) => {
  it.each(both)(
    'a change between roles that %s says what could not be given back, and a retry ends it',
    async (change) => {
      const customer = await onboarded(change);
      const before = await observed(customer);
      const processId = await changed(customer, change);
      letFail((name) => (down.includes(name) ? 'is away' : null));
      const story = await carry(roster.deps, processId);
      expect(story).toMatchObject({ state: 'residue', people: { failed: users } });
      const lost = change === 'exclude each other' ? down : [];
      const tasks = [
        ...lost.map((name) => `role-change ${name} omar@vendor.example`),
        'role-change omar@vendor.example',
      ];
      expect(await openTasks(processId)).toEqual(tasks.toSorted());
      // What the others show is as it was; those that are away have what they had, until what was ended there has gone.
      const elsewhere = (all: string[]) =>
        all.filter((line) => !down.some((name) => line.includes(` ${name}`)));
      expect(elsewhere(await observed(customer))).toEqual(elsewhere(before));
      await expectRetried(customer, change);
      await reaped(customer);
    },
  );
});

/** As a process that dies where it gets to for the nth time, and is started again for the next piece. */
function dyingAt(nth: number) {
  let [places, isDead] = [0, false];
  const reach = async () => {
    places += 1;
    if (places === nth) isDead = true;
    if (isDead) throw new Error('killed here');
  };
  const revive = async () => {
    isDead = false;
    return undefined;
  };
  return { deps: { ...roster.deps, reach }, revive, places: () => places };
}

/** A change that fails because the desk gives nothing more, until it has failed; then all is well. Where the worker dies, and how often it got anywhere. */
async function failedWhileDying(change: Exchange, nth: number): Promise<number> {
  const customer = await onboarded(change);
  const before = await observed(customer);
  const processId = await changed(customer, change);
  letFail((name, doing) => (name === 'desk' && doing === 'add' ? 'refuses' : null));
  const dying = dyingAt(nth);
  const story = await carry(dying.deps, processId, async () => {
    if (await whenTurned(processId)) letFail(() => null);
    return dying.revive();
  });
  await reaped(customer);
  expect(story).toMatchObject({ state: 'residue', people: { failed: users } });
  expect([nth, await observed(customer)]).toEqual([nth, before]);
  if (nth % 7 === 1) await expectRetried(customer, change);
  letFail(() => null);
  return dying.places();
}

async function doneWhileDying(change: Exchange, nth: number): Promise<number> {
  const customer = await onboarded(change);
  const processId = await changed(customer, change);
  const dying = dyingAt(nth);
  expect(await carry(dying.deps, processId, dying.revive)).toMatchObject({ state: 'done' });
  await reaped(customer);
  expect([nth, await observed(customer)]).toEqual([nth, having(changes[change].to, until.after)]);
  return dying.places();
}

describe.each(both)('between roles that %s, a worker that dies at every place', (change) => {
  const everyPlace = async (run: (change: Exchange, nth: number) => Promise<number>) => {
    const places = await run(change, 0);
    expect(places).toBeGreaterThan(10);
    for (let nth = 1; nth <= places; nth += isDrill ? 1 : 6) await run(change, nth);
    await noteAttack({
      attack: 'worker dies during a role change',
      tried: `${places} places, roles that ${change}`,
      found: 'the new roles, or what was before, each as a whole',
    });
  };

  it('is carried on to the new roles', () => everyPlace(doneWhileDying));

  it('is carried on to what was before, where the change has failed', () => everyPlace(failedWhileDying));
});

it('is tried as a whole', async () => {
  await noteAttack({
    attack: 'role change that fails',
    tried: `${someWays.length} of ${everyWay.length} ways for sets of targets to fail, and each set for ever`,
    found:
      'complete, equal observations before and after, or listed with its owner; a retry ends in the new roles',
  });
});
