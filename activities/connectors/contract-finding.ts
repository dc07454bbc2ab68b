import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { SoughtAccount } from '../../domain/found-account.ts';
import type { Holding } from '../../domain/plan.ts';
import type { AccountFinder } from './connector.ts';
import { type ContractSubject, type FindingSubject, hourMs, Trial } from './contract-trial.ts';

/** What holds where people's accounts can be found that were there before us. */
export function findingAccounts(subject: () => ContractSubject): void {
  it('finds what somebody has, with what it holds, and nothing of whom there is none', async () => {
    const { there, find, holding } = await enrolled(subject(), 'user');
    const found = await find([stranger(), there, stranger()]);
    expect(found).toEqual([
      { email: there.email, account: holding.account, hindrance: null, holdings: [expect.anything()] },
    ]);
    expect(found?.[0]?.holdings[0]).toMatchObject({ ...holding, until: expect.any(String) });
  });

  it('finds some among very many', async () => {
    const [one, other] = [await enrolled(subject(), 'user'), await enrolled(subject(), 'user')];
    const many = Array.from({ length: 450 }, stranger);
    const found = await one.find([one.there, ...many, other.there]);
    expect(found?.map(({ email }) => email).toSorted()).toEqual(
      [one.there.email, other.there.email].toSorted(),
    );
  });

  it('tells of an administrator that it is one, and never changes it', async () => {
    const { trial, there, find, holding } = await enrolled(subject(), 'administrator');
    expect(await find([there])).toMatchObject([{ account: holding.account, hindrance: 'administrator' }]);
    for (const kind of ['add', 'remove'] as const)
      await expect(trial.apply({ kind, holding })).rejects.toMatchObject({ code: 'target-refused' });
  });

  it('brings an account that was there to an end of ours, and then takes it away', async () => {
    const { trial, holding, open, observe } = await enrolled(subject(), 'user');
    const session = await open();
    const [before] = (await observe()).holdings;
    expect(before).toMatchObject({ ...holding, until: expect.any(String) });
    if (!before) return;
    const until = new Date(Date.now() + hourMs).toISOString();
    for (const number of [1, 2]) {
      await trial.apply({ kind: 'move-end', holding: before, until }, number);
      expect(await observe()).toEqual({
        holdings: [{ ...holding, until }],
        accounts: [holding.account],
        sessions: 1,
      });
    }
    expect(await session.alive()).toBe(true);
    await trial.apply({ kind: 'remove', holding: { ...holding, until } }, 3);
    expect(await observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
    expect(await session.alive()).toBe(false);
    await trial.apply({ kind: 'remove', holding: { ...holding, until } }, 3);
  });
}

function stranger(): SoughtAccount {
  const name = `nobody_${randomBytes(6).toString('hex')}`;
  return { email: `${name}@trial.example`, account: name };
}

/** Somebody who has an account in the target from before, with the subject's entitlement. */
async function enrolled(subject: ContractSubject, as: 'user' | 'administrator') {
  const { connector, target, entitlement, scope } = subject;
  const trial = new Trial(subject);
  const signal = new AbortController().signal;
  const there = { ...stranger(), name: 'Trial' };
  const { account, signIn } = await findingOf(subject).enrol(there, as);
  const holding: Holding = { account, entitlement, scope, until: new Date(0).toISOString() };
  return {
    trial,
    there,
    holding,
    find: (sought: readonly SoughtAccount[]) => finderOf(subject).find(target, sought, signal),
    open: () => trial.kept(signIn()),
    observe: () => connector.observe(target, [account], signal),
  };
}

function findingOf({ finding }: ContractSubject): FindingSubject {
  if (!finding) throw new TypeError('The subject says nothing of accounts that are there already.');
  return finding;
}

function finderOf({ connector }: ContractSubject): AccountFinder {
  if (!connector.finder) throw new TypeError('The connector finds no accounts.');
  return connector.finder;
}
