import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fenced, omar, sita, startFenced } from '../support/fenced.ts';

// What a second person has dropped does not happen: not by the same process, not by another one, not later.

const export_ = ['northwind-app:export'];
const full = 'export sign-in use view';
const less = 'sign-in use view';

let it_: Fenced;
beforeAll(async () => {
  it_ = await startFenced();
});
afterAll(() => it_?.stop());
afterEach(async () => {
  await it_.forget();
  await it_.edit('analyst', export_);
  await it_.edit('member', ['northwind-app:use']);
  expect(it_.http.faults.splice(0)).toEqual([]);
});

const countOf = async (customer: string, names: string) =>
  (await it_.held(customer)).filter((one) => one === names).length;

/** Takes the export away from the analysts, as far as the fence of this customer lets it. */
async function edited(key: string): Promise<void> {
  await it_.edit('analyst', []);
  await it_.runAll();
  expect(await countOf(key, less)).toBe(5);
}

async function lookAtAll(key: string): Promise<void> {
  for (const cause of ['contract', 'dunning', 'convergence'] as const) await it_.lookAt(key, cause);
}

const userOf = (key: string, email: string, verb: string, body: object) =>
  it_.http.call(omar, 'POST', `/v1/customers/${key}/users/${email}/${verb}`, { reason: 'a test', ...body });

describe('an edit of which all that was held is dropped', () => {
  it('is taken back in the name of who dropped it, and who had gone through comes back', async () => {
    const [key, other] = [await it_.customer(9), await it_.customer(8)];
    await edited(key);
    const before = await it_.revision();
    const { id } = await it_.fence(key);
    const answer = await it_.decide(id, 'discarding');
    expect(answer).toMatchObject({ returns_to: before - 1, stays: null });
    expect(await it_.revision()).toBe(before + 1);
    const [revision] = await it_.http.ledger.owner.db.execute(sql`
      select v.reason, p.email, v.content = f.content as same from catalog_revision v
        join catalog_revision f on f.number = ${before - 1} join person p on p.id = v.author where v.number = ${before + 1}`);
    expect(revision).toEqual({ reason: 'Looked at', email: sita, same: true });
    expect([await countOf(key, full), await countOf(other, full)]).toEqual([9, 8]);
    // What waited elsewhere because of the same edit has no reason any more, and coming back waits for nobody.
    expect((await it_.fence(other)).id).toBe('');
    await lookAtAll(key);
    expect(await countOf(key, full)).toBe(9);
  });

  it('can be made anew, and is counted anew', async () => {
    const key = await it_.customer(9);
    await edited(key);
    await it_.decide((await it_.fence(key)).id, 'discarding');
    await it_.http.ledger.system.db.execute(sql`delete from fence_passage`);
    await edited(key);
    const { id, items } = await it_.fence(key);
    expect(items).toHaveLength(4);
    await it_.decide(id, 'release');
    expect(await countOf(key, less)).toBe(9);
  });

  it('stays in the configuration under a newer one, and out of the way of whom it was about', async () => {
    const key = await it_.customer(9);
    await edited(key);
    await it_.edit('viewer', ['northwind-app:view']);
    const newest = await it_.revision();
    await it_.edit('member', ['northwind-app:use', 'northwind-app:automate'], 'ada@northwind.example');
    const { id } = await it_.fence(key);
    const answer = await it_.decide(id, 'discarding');
    expect(answer.returns_to).toBeNull();
    expect(answer.stays).toMatch(
      /revision \d+ lies on top of the edit\. Nothing of what was dropped happens/,
    );
    expect(await it_.revision()).toBe(newest + 1);
    await lookAtAll(key);
    expect((await it_.held(key)).filter((names) => names.includes('export'))).toHaveLength(4);
  });

  it('is not taken back where somebody has released some of it', async () => {
    const key = await it_.customer(9);
    await edited(key);
    const { id, items } = await it_.fence(key);
    await it_.decide(id, 'release', [items[0]?.id ?? '']);
    const { returns_to, stays } = await it_.decide(id, 'discarding');
    expect([returns_to, stays]).toEqual([
      null,
      expect.stringContaining('some of the same edit has been released'),
    ]);
    await lookAtAll(key);
    expect([await countOf(key, less), await countOf(key, full)]).toEqual([6, 3]);
  });
});

describe('for whom an edit was dropped', () => {
  /** The first two of those held are dropped singly; their addresses. */
  async function dropTwo(key: string): Promise<[string, string]> {
    await edited(key);
    const { id, items } = await it_.fence(key);
    const [first, second] = items;
    const { stays } = await it_.decide(id, 'discarding', [first?.id ?? '', second?.id ?? '']);
    expect(stays).toContain('The configuration stays as it is.');
    return [first?.email ?? '', second?.email ?? ''];
  }
  const heldBy = async (key: string, email: string) => {
    const at = Number(/^u(\d+)@/.exec(email)?.[1]);
    return (await it_.held(key))[at];
  };

  it('it happens by nothing else, and everything else does', async () => {
    const key = await it_.customer(9);
    const [first] = await dropTwo(key);
    await lookAtAll(key);
    await it_.edit('viewer', ['northwind-app:view', 'northwind-app:automate']);
    await it_.runAll();
    await it_.decide((await it_.fence(key)).id, 'release');
    expect(await heldBy(key, first)).toBe('automate export sign-in use view');
    await it_.edit('viewer', ['northwind-app:view']);
    await it_.runAll();
  });

  it('it happens when it is edited anew', async () => {
    const key = await it_.customer(9);
    const [first] = await dropTwo(key);
    await it_.edit('analyst', export_);
    await it_.runAll();
    await it_.http.ledger.system.db.execute(sql`delete from fence_passage`);
    await it_.edit('analyst', []);
    await it_.runAll();
    const fence = await it_.fence(key);
    expect(fence.items).not.toEqual([]);
    await it_.decide(fence.id, 'release');
    expect([await heldBy(key, first), await countOf(key, less)]).toEqual([less, 9]);
  });

  it('it happens when that very person is changed, and to nobody else', async () => {
    const key = await it_.customer(9);
    const [first, second] = await dropTwo(key);
    await userOf(key, first, 'role-change', { roles: ['integrator'] });
    await it_.runAll();
    expect(await heldBy(key, first)).toBe('automate sign-in use view');
    await lookAtAll(key);
    expect(await heldBy(key, second)).toBe(full);
  });

  it('who leaves and is added again begins with what the configuration says', async () => {
    const key = await it_.customer(9);
    const [first] = await dropTwo(key);
    await userOf(key, first, 'removal', {});
    await it_.runAll();
    expect(await heldBy(key, first)).toBe('');
    const again = { email: first, name: 'Again', contract_role: 'member', reason: 'a test' };
    expect((await it_.http.call(omar, 'POST', `/v1/customers/${key}/users`, again)).status).toBe(201);
    await it_.runAll();
    expect(await heldBy(key, first)).toBe(less);
  });

  it('another tier takes what it takes, also while it waits', async () => {
    const key = await it_.customer(9);
    await edited(key);
    const { items } = await it_.fence(key);
    await it_.http.ledger.system.db.execute(
      sql`update organization set tier_key = 'free' where key = ${key}`,
    );
    await it_.lookAt(key, 'contract');
    expect(items).toHaveLength(4);
    expect(new Set(await it_.held(key))).toEqual(new Set([less]));
  });

  it('another role gives what it gives, also while it waits', async () => {
    const key = await it_.customer(9);
    await it_.edit('viewer', ['northwind-app:view', 'northwind-app:automate']);
    await it_.runAll();
    const [held] = (await it_.fence(key)).items;
    await userOf(key, held?.email ?? '', 'role-change', { roles: ['integrator'] });
    await it_.lookAt(key, 'contract');
    expect(await heldBy(key, held?.email ?? '')).toBe('automate export sign-in use view');
    await it_.edit('viewer', ['northwind-app:view']);
  });
});
