import type { Sql } from 'postgres';
import { assertNever } from '../../../domain/errors.ts';
import type { Connector, Target } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { find, requireHandedOver, takeOver } from './adopted.ts';
import { connectorError } from './failures.ts';
import { add, moveEnd, replacePassword } from './give.ts';
import { accountOf, isOurs } from './names.ts';
import { observe } from './observe.ts';
import { elsewhere } from './elsewhere.ts';
import { createPools, type Lane } from './pools.ts';
import { type PostgresSettings, postgresSettings } from './settings.ts';
import { remove } from './take.ts';
import { forgetEndedAccounts, type SweptAt } from './tombstones.ts';
import { withinAbort } from './within-abort.ts';

/**
 * The connector for a PostgreSQL database: one login role per grant, with a password of its own, an end of its own and
 * membership in the entitlement's role. The database must have been made ready as examples/targets/database.sql does.
 * Every method throws ConnectorError, or the signal's reason when it was aborted.
 */
export function createPostgresConnector(): Connector {
  const pools = createPools();
  const sweptAt: SweptAt = new Map();

  /** Runs `work` on one of the target's connections and turns whatever it throws into what callers may see. */
  async function using<T>(
    target: Target,
    lane: Lane,
    signal: AbortSignal,
    work: (sql: Sql, settings: PostgresSettings) => Promise<T>,
  ): Promise<T> {
    const settings = postgresSettings(target.settings);
    const lent = await pools.lend(settings, target.secret, lane, signal);
    try {
      return await withinAbort(signal, work(lent.sql, settings), () => lent.discard());
    } catch (error) {
      throw connectorError(error, signal);
    } finally {
      lent.release();
    }
  }

  return {
    kind: 'postgres',
    capabilities: {
      yieldsCredential: true,
      revokesSessions: true,
      hasOwnExpiry: true,
      sharesAccounts: false,
    },
    account: ({ grantId }) => accountOf(grantId),
    finder: {
      by: 'name',
      find: (target, sought, signal) =>
        using(target, 'ending', signal, (sql, settings) => find(sql, settings, sought)),
    },
    observe: (target, accounts, signal) =>
      using(target, 'ending', signal, (sql, settings) => observe(sql, settings, accounts)),
    apply(target, change, attempt) {
      const { signal } = attempt;
      const isFound = !isOurs(change.holding.account);
      if (isFound && change.kind !== 'remove')
        return using(target, 'giving', signal, async (sql, settings) => {
          await requireHandedOver(sql, settings, change.holding.account, change.kind);
          await takeOver(sql, settings, change, attempt);
        });
      switch (change.kind) {
        case 'add':
          return using(target, 'giving', signal, (sql, settings) =>
            add(sql, settings, change.holding, attempt),
          );
        case 'move-end':
          return using(target, 'giving', signal, (sql) =>
            moveEnd(sql, change.holding.account, change.until, attempt),
          );
        case 'remove':
          return using(target, 'ending', signal, async (sql, settings) => {
            if (isFound) await requireHandedOver(sql, settings, change.holding.account, change.kind);
            await remove(sql, settings, change.holding, attempt, elsewhere(settings, target.secret));
            await forgetEndedAccounts(sql, settings, sweptAt);
          });
        default:
          return assertNever(change);
      }
    },
    replacePassword: (target, account, attempt) =>
      using(target, 'giving', attempt.signal, async (sql, settings) => {
        // The password of an account that was there before us is its holder's own.
        if (!isOurs(account)) throw new ConnectorError('misconfigured');
        await replacePassword(sql, settings, account, attempt, elsewhere(settings, target.secret));
      }),
    close() {
      sweptAt.clear();
      return pools.close();
    },
  };
}
