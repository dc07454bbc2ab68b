import postgres from 'postgres';
import { type Ledger, openLedger, type Scope } from '../../db/client.ts';
import { sqlState } from '../../db/errors.ts';
import { ephemeralLedger } from './ledger.ts';

/** A ledger with the example company, attacked with each of its three database roles. Nothing provisions anything. */
export interface LedgerRoles {
  ownerUrl: string;
  owner: postgres.Sql;
  /** As the API signs in, on one connection: what one transaction left behind the next would find. */
  application: Ledger;
  /** As the workers, the relay and the reaper sign in. */
  system: Ledger;
  stop(): Promise<void>;
}

/** Starts it in some seconds. */
export async function startLedgerRoles(): Promise<LedgerRoles> {
  const ledger = await ephemeralLedger();
  const { ownerUrl, appUrl, system } = ledger;
  const owner = postgres(ownerUrl, { max: 2, onnotice: () => undefined });
  const application = openLedger({ url: appUrl, max: 1, applicationName: 'tenure-test' });
  return {
    ownerUrl,
    owner,
    application,
    system,
    async stop() {
      await owner.end({ timeout: 1 });
      await application.close();
      await ledger.stop();
    },
  };
}

/** With which SQLSTATE the database refuses it; `accepted` when it does not. */
export async function refusal(attack: PromiseLike<unknown>): Promise<string> {
  try {
    await attack;
    return 'accepted';
  } catch (error) {
    return sqlState(error) ?? String(error);
  }
}

/** The eyes of a person of the example company. @throws RangeError when there is no such person. */
export async function scopeOf(
  ledger: LedgerRoles,
  email: string,
  reach: Scope['reach'] = 'own',
): Promise<Scope> {
  const [person] = await ledger.owner<{ personId: string; organizationId: string }[]>`
    select id as "personId", organization_id as "organizationId" from person where email = ${email}`;
  if (!person) throw new RangeError('No such person.');
  return { ...person, reach };
}
