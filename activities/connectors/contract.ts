import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { applied, type Change, inverse, plan } from '../../domain/plan.ts';
import type { FaultPoint } from '../fault-points.ts';
import type { Attempt, Observation } from './connector.ts';
import { findingAccounts } from './contract-finding.ts';
import { replacing } from './contract-replacing.ts';
import { sharing } from './contract-sharing.ts';
import { type ContractSubject, hourMs, Trial } from './contract-trial.ts';

/** The fault points that a connector reaches, by the kind of change. A test fails when one is listed and not reached. */
export type ConnectorFaultPoints = Readonly<Record<Change['kind'], readonly FaultPoint[]>>;

/**
 * The tests that every connector passes: those that hold for all, those for whether grants share an account, and those for
 * finding accounts where `finds` says that the subject's target can be asked.
 * `subject` is asked for when a test runs, not before.
 */
export function connectorContract(
  name: string,
  points: ConnectorFaultPoints,
  subject: () => ContractSubject,
  accounts: 'own' | 'shared' = 'own',
  finds = false,
): void {
  describe(`${name} keeps the connector contract`, () => {
    it('says whether grants share an account', () => {
      expect(subject().connector.capabilities.sharesAccounts).toBe(accounts === 'shared');
    });
    givingAndTaking(subject);
    overlapping(subject);
    interrupting(points, subject);
    if (finds) findingAccounts(subject);
    if (accounts === 'shared') return sharing(subject);
    fencing(subject);
    replacing(subject);
    racing(points, subject);
  });
}

function givingAndTaking(subject: () => ContractSubject): void {
  it('holds after an add exactly what the planner says, and nothing is left to plan', async () => {
    const trial = new Trial(subject());
    const before = await trial.observe();
    expect(before).toEqual({ holdings: [], accounts: [], sessions: 0 });
    await trial.apply(trial.add);
    const after = await trial.observe();
    expect(after.holdings).toEqual(applied(before.holdings, [trial.add]));
    expect(after.accounts).toEqual([trial.holding.account]);
    expect(plan([trial.holding], after.holdings)).toEqual([]);
    await trial.apply(trial.remove);
  });

  it('is not changed by an add that is repeated', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.add, 1);
    const once = await trial.observe();
    await trial.apply(trial.add, 1);
    await trial.apply(trial.add, 2);
    expect(await trial.observe()).toEqual(once);
    await trial.apply(trial.remove);
  });

  it.each([
    ['later', hourMs + 1],
    ['earlier', -60_001],
  ])('moves an end %s, to the millisecond, and back', async (_, byMs) => {
    const trial = new Trial(subject());
    await trial.apply(trial.add);
    const before = await trial.observe();
    const change = trial.moveEnd(byMs);
    await trial.apply(change, 2);
    await trial.apply(change, 2);
    expect((await trial.observe()).holdings).toEqual(applied(before.holdings, [change]));
    await trial.apply(inverse(change));
    expect(await trial.observe()).toEqual(before);
    await trial.apply(trial.remove);
  });

  it('looks after a remove as it did before the add, with a session open in between', async () => {
    const trial = new Trial(subject());
    const before = await trial.observe();
    await trial.apply(trial.add);
    const session = await trial.open();
    expect((await trial.observe()).sessions).toBe(session ? 1 : 0);
    await trial.apply(trial.remove, 2);
    expect(await trial.observe()).toEqual(before);
    if (session && trial.subject.connector.capabilities.revokesSessions)
      expect(await session.alive()).toBe(false);
    await trial.apply(trial.remove, 2);
    await trial.apply(trial.remove, 3);
    expect(await trial.observe()).toEqual(before);
  });

  it('takes access away although its holder stands in the way', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.add);
    const session = await trial.hinder();
    await trial.apply(trial.remove);
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
    if (session) expect(await session.alive()).toBe(false);
  });

  it('takes the removal of what never was as done', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.remove);
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
  });
}

function fencing(subject: () => ContractSubject): void {
  it('refuses for good whatever comes after a remove, also of what never was', async () => {
    for (const wasGiven of [true, false]) {
      const trial = new Trial(subject());
      if (wasGiven) await trial.apply(trial.add, 1);
      await trial.apply(trial.remove, 1);
      const refused = { code: 'already-ended', retryable: false };
      await expect(trial.apply(trial.add, 1)).rejects.toMatchObject(refused);
      await expect(trial.apply(trial.add, 9)).rejects.toMatchObject(refused);
      await expect(trial.apply(trial.moveEnd(hourMs), 9)).rejects.toMatchObject(refused);
      expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
    }
  });

  it('refuses an attempt that a later one has overtaken', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.add, 3);
    await trial.apply(trial.moveEnd(hourMs), 4);
    const latest = await trial.observe();
    const refused = { code: 'superseded', retryable: false };
    await expect(trial.apply(trial.add, 3)).rejects.toMatchObject(refused);
    await expect(trial.apply(trial.moveEnd(-1), 2)).rejects.toMatchObject(refused);
    expect(await trial.observe()).toEqual(latest);
    await trial.apply(trial.remove, 1);
    expect((await trial.observe()).accounts).toEqual([]);
  });
}

function racing(points: ConnectorFaultPoints, subject: () => ContractSubject): void {
  it('lets the remove win, however adds, extensions and removes of one grant meet', async () => {
    const trials = Array.from({ length: 12 }, () => new Trial(subject()));
    await Promise.all(
      trials.map(async (trial, i) => {
        const changes = [trial.add, trial.add, trial.moveEnd(hourMs), trial.remove];
        const turned = [...changes.slice(i % 4), ...changes.slice(0, i % 4)];
        const results = await Promise.allSettled(turned.map((change, n) => trial.apply(change, n + 1)));
        expect(results[turned.findIndex((change) => change.kind === 'remove')]?.status).toBe('fulfilled');
        expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
      }),
    );
  });

  const beginnings = (['add', 'move-end'] as const).flatMap((kind) =>
    points[kind].map((point) => ({ kind, point })),
  );
  it.each(beginnings)('lets a remove win that comes while $kind is at $point', async ({ kind, point }) => {
    const { trial, change } = await prepared(kind, subject());
    const endings: Promise<void>[] = [];
    const reach = async (reached: FaultPoint) => {
      if (reached !== point || endings.length > 0) return;
      endings.push(trial.apply(trial.remove, 1));
      // Long enough for the remove to be done, or to be waiting for what this attempt has not yet committed.
      await Promise.race([...endings, delay(100)]);
    };
    await Promise.allSettled([trial.apply(change, 2, { reach })]);
    await Promise.all(endings);
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
  });
}

function overlapping(subject: () => ContractSubject): void {
  it('leaves another grant of the same thing alone when one ends, its open session included', async () => {
    const [first, second] = [new Trial(subject()), new Trial(subject())];
    await first.apply(first.add);
    await second.apply(second.add);
    const session = await second.open();
    const before = await second.observe();
    await first.apply(first.remove);
    expect(await second.observe()).toEqual(before);
    if (session) expect(await session.alive()).toBe(true);
    await second.apply(second.remove);
  });

  it('gives and takes many at once, each as if it were alone', async () => {
    const trials = Array.from({ length: 24 }, () => new Trial(subject()));
    await Promise.all(trials.map((trial) => trial.apply(trial.add)));
    for (const trial of trials) expect((await trial.observe()).holdings).toEqual([trial.holding]);
    await Promise.all(trials.map((trial) => trial.apply(trial.remove)));
    for (const trial of trials) expect((await trial.observe()).accounts).toEqual([]);
  });
}

function interrupting(points: ConnectorFaultPoints, subject: () => ContractSubject): void {
  const all = (['add', 'move-end', 'remove'] as const).flatMap((kind) =>
    points[kind].map((point) => ({ kind, point })),
  );

  it.each(all)('makes it right by repeating after a crash in $kind at $point', async ({ kind, point }) => {
    const { trial, change, before } = await prepared(kind, subject());
    const crash = new Error('crash');
    await expect(trial.apply(change, 2, { reach: failingAt(point, crash) })).rejects.toBe(crash);
    if (kind === 'remove') {
      // Whatever was reached, nobody can begin to use it again.
      expect((await trial.observe()).holdings).toEqual([]);
      await expect(trial.open().then((session) => session ?? Promise.reject())).rejects.toBeDefined();
    }
    await trial.apply(change, 3);
    expect((await trial.observe()).holdings).toEqual(applied(before.holdings, [change]));
    await trial.apply(trial.remove, 4);
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
  });

  it.each(all)('can be taken back after a crash in $kind at $point', async ({ kind, point }) => {
    const { trial, change } = await prepared(kind, subject());
    const crash = new Error('crash');
    await expect(trial.apply(change, 2, { reach: failingAt(point, crash) })).rejects.toBe(crash);
    await trial.apply(trial.remove, 3);
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
  });

  it.each(['add', 'move-end', 'remove'] as const)(
    'does nothing in %s when it was cancelled before',
    async (kind) => {
      const { trial, change, before } = await prepared(kind, subject());
      const reason = new Error('cancelled');
      await expect(trial.apply(change, 2, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(await trial.observe()).toEqual(before);
      await trial.apply(trial.remove, 3);
    },
  );

  it('is wholly there or not at all when it is cancelled on the way', async () => {
    for (const { kind, point } of all) {
      const { trial, change, before } = await prepared(kind, subject());
      const controller = new AbortController();
      const reach = async (reached: FaultPoint) => {
        if (reached === point) controller.abort(new Error('cancelled'));
      };
      await Promise.allSettled([trial.apply(change, 2, { signal: controller.signal, reach })]);
      const { holdings } = await trial.observe();
      expect([before.holdings, applied(before.holdings, [change])]).toContainEqual(holdings);
      await trial.apply(trial.remove, 3);
      expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
    }
  });
}

/** A trial in the state in which a change of that kind is made: with an open session before a remove. */
async function prepared(
  kind: Change['kind'],
  subject: ContractSubject,
): Promise<{ trial: Trial; change: Change; before: Observation }> {
  const trial = new Trial(subject);
  if (kind !== 'add') await trial.apply(trial.add);
  if (kind === 'remove') await trial.open();
  const change = { add: trial.add, 'move-end': trial.moveEnd(hourMs), remove: trial.remove }[kind];
  return { trial, change, before: await trial.observe() };
}

function failingAt(point: FaultPoint, crash: Error): Attempt['reach'] {
  return async (reached) => {
    if (reached === point) throw crash;
  };
}
