import { expect, it } from 'vitest';
import type { Change, Holding } from '../../domain/plan.ts';
import { type ContractSubject, hourMs, type SharedSubject, Trial } from './contract-trial.ts';

/** What holds where a person has one account on a resource, and only an attempt's number tells what is too late. */
export function sharing(subject: () => ContractSubject): void {
  ordering(subject);
  sharingAnAccount(subject);
  repeating(subject);
}

const nothing = { holdings: [], accounts: [], sessions: 0 };
const superseded = { code: 'superseded', retryable: false };

function ordering(subject: () => ContractSubject): void {
  it('gives again what was taken, by a greater number, and nothing by a smaller one', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.add, 1);
    await trial.apply(trial.remove, 2);
    await expect(trial.apply(trial.add, 1)).rejects.toMatchObject(superseded);
    expect(await trial.observe()).toEqual(nothing);
    await trial.apply(trial.add, 3);
    expect((await trial.observe()).holdings).toEqual([trial.holding]);
    await trial.apply(trial.remove);
  });

  it('remembers the removal of what never was', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.remove, 5);
    await expect(trial.apply(trial.add, 4)).rejects.toMatchObject(superseded);
    expect(await trial.observe()).toEqual(nothing);
  });

  it('refuses whatever a greater number has overtaken, a removal too', async () => {
    const trial = new Trial(subject());
    await trial.apply(trial.add, 3);
    await trial.apply(trial.moveEnd(hourMs), 4);
    const latest = await trial.observe();
    for (const change of [trial.add, trial.moveEnd(-1), trial.remove])
      await expect(trial.apply(change, 2)).rejects.toMatchObject(superseded);
    expect(await trial.observe()).toEqual(latest);
    await trial.apply(trial.remove);
  });

  it.each(['add', 'remove'] as const)('ends with the greatest number, an %s, whatever met', async (last) => {
    const trials = Array.from({ length: 12 }, () => new Trial(subject()));
    await Promise.all(
      trials.map(async (trial, i) => {
        const changes = [trial.add, trial.moveEnd(hourMs), trial.remove, trial[last]];
        const numbered = changes.map((change, at) => ({ change, number: at + 1 }));
        const turned = [...numbered.slice(i % 4), ...numbered.slice(0, i % 4)];
        await Promise.allSettled(turned.map(({ change, number }) => trial.apply(change, number)));
        expect((await trial.observe()).holdings).toEqual(last === 'add' ? [trial.holding] : []);
        await trial.apply(trial.remove);
      }),
    );
  });
}

function sharingAnAccount(subject: () => ContractSubject): void {
  it('holds on one account all that is granted, and what ends leaves the rest alone', async () => {
    const trial = new Trial(subject());
    const other = otherHolding(trial);
    await trial.apply(trial.add, 1);
    await trial.apply({ kind: 'add', holding: other }, 2);
    expect(inOrder((await trial.observe()).holdings)).toEqual(inOrder([trial.holding, other]));
    const session = await trial.open();
    await trial.apply({ kind: 'remove', holding: other }, 3);
    const account = trial.holding.account;
    expect(await trial.observe()).toEqual({ holdings: [trial.holding], accounts: [account], sessions: 1 });
    expect(await session?.alive()).toBe(true);
    await trial.apply(trial.remove, 4);
    expect(await trial.observe()).toEqual(nothing);
    expect(await session?.alive()).toBe(false);
  });

  it('holds the same entitlement for several customers', async () => {
    const trial = new Trial(subject());
    const elsewhere: Holding = { ...trial.holding, scope: 'another-customer' };
    await trial.apply(trial.add);
    await trial.apply({ kind: 'add', holding: elsewhere });
    await trial.apply(trial.remove);
    expect((await trial.observe()).holdings).toEqual([elsewhere]);
    await trial.apply({ kind: 'remove', holding: elsewhere });
    expect(await trial.observe()).toEqual(nothing);
  });

  it('makes all changes of one attempt under its number', async () => {
    const trial = new Trial(subject());
    const other = otherHolding(trial);
    await trial.apply(trial.add, 1);
    await trial.apply(trial.remove, 2);
    await trial.apply({ kind: 'add', holding: other }, 2);
    expect((await trial.observe()).holdings).toEqual([other]);
    await trial.apply({ kind: 'remove', holding: other }, 3);
  });
}

function repeating(subject: () => ContractSubject): void {
  it('does a change once, however often it arrives', async () => {
    const trial = new Trial(subject());
    const shared = sharedOf(trial);
    const before = shared.effects();
    await Promise.all(Array.from({ length: 6 }, () => trial.apply(trial.add, 1)));
    expect(shared.effects() - before).toBe(1);
    // One that was delayed on the way must not undo what the same attempt did after it.
    await trial.apply(trial.remove, 1);
    await trial.apply(trial.add, 1);
    expect(await trial.observe()).toEqual(nothing);
    expect(shared.effects() - before).toBe(2);
  });

  it.each(['add', 'move-end', 'remove'] as const)(
    'makes it right by repeating when the answer to %s was lost',
    async (kind) => {
      const trial = new Trial(subject());
      const shared = sharedOf(trial);
      const change: Change = { add: trial.add, 'move-end': trial.moveEnd(hourMs), remove: trial.remove }[
        kind
      ];
      if (kind !== 'add') await trial.apply(trial.add, 1);
      const before = shared.effects();
      shared.loseNextAnswer();
      // Whether the connector repeats by itself, or the caller has to, is not seen in the target.
      await Promise.allSettled([trial.apply(change, 2)]);
      const after = await trial.observe();
      await trial.apply(change, 2);
      expect(await trial.observe()).toEqual(after);
      expect(shared.effects() - before).toBe(1);
      await trial.apply(trial.remove);
      expect(await trial.observe()).toEqual(nothing);
    },
  );
}

function otherHolding(trial: Trial): Holding {
  return { ...trial.holding, entitlement: sharedOf(trial).otherEntitlement };
}

function sharedOf({ subject }: Trial): SharedSubject {
  if (!subject.shared) throw new TypeError('The subject says nothing of shared accounts.');
  return subject.shared;
}

function inOrder(holdings: readonly Holding[]): Holding[] {
  return holdings.toSorted((a, b) => a.entitlement.localeCompare(b.entitlement));
}
