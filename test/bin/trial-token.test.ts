import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintTrialToken } from '../../bin/local-token.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';

const sam = 'Sam@northwind.example';
let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const change = (values: string) =>
  ledger.owner.db.execute(sql`
    update person set ${sql.raw(values)} where lower(email) = lower(${sam})`);
const mint = (email: string) =>
  mintTrialToken({ ownerUrl: ledger.ownerUrl, masterKey: ledger.key }, { email, amr: ['pwd'], ttlMs: 1_000 });

describe('A token for trying things out', () => {
  it('is made for whom the API lets in', async () => {
    expect((await mint(sam)).token).toMatch(/^ey/);
  });

  it.each([
    ['is suspended', 'suspended_at = tenure_now()'],
    ['has left', 'suspended_at = tenure_now(), offboarded_at = tenure_now()'],
    ['has left', 'ends_at = tenure_now()'],
    ['has not begun yet', "starts_at = tenure_now() + interval '1 day'"],
  ])('is refused for who %s: %s', async (standing, values) => {
    await change('suspended_at = null, offboarded_at = null, starts_at = null, ends_at = null');
    await change(values);
    await expect(mint(sam)).rejects.toMatchObject({
      code: 'forbidden',
      detail: `${sam} ${standing}, and gets no token.`,
    });
  });

  it('is refused for who belongs to a customer that is suspended, and for nobody', async () => {
    await ledger.owner.db.execute(
      sql`update organization set suspended_at = tenure_now() where key = 'acme'`,
    );
    await expect(mint('anna@acme.example')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(mint('nobody@acme.example')).rejects.toMatchObject({ code: 'unknown-reference' });
  });
});
