import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type ContractSubject, Trial } from './contract-trial.ts';

/** What holds where the connector yields a credential; elsewhere these tests say nothing. */
export function replacing(subject: () => ContractSubject): void {
  const passwords = () => [subject().newPassword(), subject().newPassword()] as const;

  it('replaces a password although whoever has the former one stands in the way, and changes nothing else', async () => {
    const trial = new Trial(subject());
    const [password] = passwords();
    if (password === null) return;
    await trial.apply(trial.add);
    const before = await trial.observe();
    const session = await trial.hinder();
    await trial.replacePassword(password, 2);
    if (session) expect(await session.alive()).toBe(false);
    expect(await trial.observe()).toEqual(before);
    await expect(trial.open()).rejects.toBeDefined();
    expect(await trial.open(password)).not.toBeNull();
    await trial.apply(trial.remove, 3);
  });

  it('refuses a replacement that a later attempt has overtaken, or the end', async () => {
    const trial = new Trial(subject());
    const [earlier, later] = passwords();
    if (earlier === null || later === null) return;
    await trial.apply(trial.add);
    await trial.replacePassword(later, 3);
    await expect(trial.replacePassword(earlier, 2)).rejects.toMatchObject({ code: 'superseded' });
    expect(await trial.open(later)).not.toBeNull();
    await expect(trial.open(earlier)).rejects.toBeDefined();
    await expect(trial.apply(trial.add, 1)).rejects.toMatchObject({ code: 'superseded' });
    await trial.apply(trial.remove, 4);
    await expect(trial.replacePassword(later, 5)).rejects.toMatchObject({ code: 'already-ended' });
    expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
  });

  it('lets a remove win that meets a replacement', async () => {
    const trials = Array.from({ length: 6 }, () => new Trial(subject()));
    const [password] = passwords();
    if (password === null) return;
    await Promise.all(
      trials.map(async (trial, i) => {
        await trial.apply(trial.add);
        const replacing = Promise.allSettled([trial.replacePassword(password, 2)]);
        await delay(i * 5);
        await trial.apply(trial.remove);
        await replacing;
        expect(await trial.observe()).toEqual({ holdings: [], accounts: [], sessions: 0 });
      }),
    );
  });
}
