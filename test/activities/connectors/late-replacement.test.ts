import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../../activities/connectors/connector.ts';
import { replaceCredential } from '../../../activities/credential.ts';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { readDefaultPolicies } from '../../../bin/policies.ts';
import { seal, unseal } from '../../../crypto/sealing.ts';
import { putNextPassword } from '../../../db/queries/credential.ts';
import { readEndCase } from '../../../db/queries/end.ts';
import { holdBySql } from '../../support/grant-by-sql.ts';
import { type EphemeralLedger, ephemeralLedger } from '../../support/ledger.ts';
import { memoryTarget } from '../../support/memory-connector.ts';

let ledger: EphemeralLedger;

beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

describe('a replacement of a password that wakes up late', () => {
  it('does not put its password back over the later one', async () => {
    const memory = memoryTarget();
    const { grantId } = await holdBySql(ledger.system.db);
    const { db } = ledger.system;
    const { sealing } = ledger.keys;
    const ask = (password: string) =>
      putNextPassword(db, grantId, seal(sealing, password, `grant:${grantId}`));
    const replace = (connector: Connector) => replaceCredential(deps(connector), grantId, signal);

    await ask('first');
    await expect(
      replace({
        ...memory,
        async replacePassword(...late) {
          await ask('second');
          await replace(memory);
          await memory.replacePassword(...late);
        },
      }),
    ).rejects.toMatchObject({ code: 'superseded' });

    const account = (await readEndCase(db, grantId))?.account ?? '';
    expect(memory.passwords.get(account)).toBe('second');
    const [row] = await ledger.owner.db.execute<{ sealed: string; next: string | null }>(
      `select sealed_password as sealed, sealed_next_password as next from access_grant where id = '${grantId}'`,
    );
    expect(row?.next).toBeNull();
    expect(unseal(sealing, row?.sealed ?? '', `grant:${grantId}`)).toBe('second');
    // What the relay tries once more finds nothing to do.
    await replace(memory);
    expect(memory.passwords.get(account)).toBe('second');
  });
});

const signal = new AbortController().signal;

function deps(connector: Connector): ActivityDeps {
  return {
    ledger: ledger.system,
    connectors: new Map([[connector.kind, connector]]),
    sealing: ledger.keys.sealing,
    decide: readDefaultPolicies().decide,
    mayHoldMany: readDefaultPolicies().mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
}
