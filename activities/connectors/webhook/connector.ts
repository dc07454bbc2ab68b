import { randomUUID } from 'node:crypto';
import { signWebhook } from '../../../crypto/webhook-signature.ts';
import type { FoundAccount, SoughtAccount } from '../../../domain/found-account.ts';
import { isId } from '../../../domain/ids.ts';
import { endsPerTarget } from '../../../domain/limits.ts';
import type { Connector, Observation, Target } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { type AccountAnswer, expectDone, isAccountName, readAccount, readFound } from './answer.ts';
import { createWire, type Lane } from './exchange.ts';
import { messageOf } from './message.ts';
import { webhookSettings } from './settings.ts';

/**
 * The connector for a vendor's own application: it is told each change by one signed request and asked what it holds by
 * another (docs/guides/connector-webhook.md, an application of the kind in examples/receiver). One account per person,
 * named by the person's id. Every method throws ConnectorError, or the signal's reason when it was aborted.
 * @param limitMs how long one request may take as a whole.
 */
export function createWebhookConnector(limitMs?: number): Connector {
  const wire = createWire(limitMs);

  /** Sends a signed request. `key` is the delivery's id. A request without a body signs its own first line instead. */
  function send(target: Target, lane: Lane, what: Sending, signal: AbortSignal) {
    const { url: base, certificateAuthority } = webhookSettings(target.settings);
    const url = `${base}${what.path}`;
    const signed = what.body ?? `GET ${new URL(url).pathname}`;
    const headers = {
      accept: 'application/json',
      'user-agent': 'tenure',
      ...(what.body === null ? {} : { 'content-type': 'application/json' }),
      ...sign(target.secret, what.key, signed),
    };
    const method = what.body === null ? 'GET' : 'POST';
    return wire.exchange(lane, { method, url, headers, body: what.body, certificateAuthority }, signal);
  }

  async function look(target: Target, account: string, signal: AbortSignal): Promise<AccountAnswer> {
    if (!isAccountName(account)) throw new ConnectorError('misconfigured');
    const what = { path: `/accounts/${account}`, key: `read_${randomUUID()}`, body: null };
    return readAccount(await send(target, 'ending', what, signal), account);
  }

  /** Null: the application does not know the question. */
  async function ask(
    target: Target,
    sought: readonly SoughtAccount[],
    signal: AbortSignal,
  ): Promise<FoundAccount[] | null> {
    const emails = [...new Set(sought.map(({ email }) => email))];
    const pages = Array.from({ length: Math.ceil(emails.length / soughtAtOnce) }, (_, page) =>
      emails.slice(page * soughtAtOnce, (page + 1) * soughtAtOnce),
    );
    const answers = await inTurns(pages, async (page) => {
      const body = JSON.stringify({ type: 'accounts.find', resource: target.resource, emails: page });
      const what = { path: '/accounts', key: `read_${randomUUID()}`, body };
      return readFound(await send(target, 'ending', what, signal), page);
    });
    return answers.includes(null) ? null : answers.flatMap((answer) => answer ?? []);
  }

  return {
    kind: 'webhook',
    capabilities: {
      yieldsCredential: false,
      revokesSessions: true,
      hasOwnExpiry: true,
      sharesAccounts: true,
    },
    account({ personId }) {
      if (!isId('person', personId)) throw new TypeError('Not a person id.');
      return personId;
    },
    finder: { by: 'email', find: ask },
    async observe(target, accounts, signal) {
      const unique = [...new Set(accounts)];
      return observationOf(await inTurns(unique, (account) => look(target, account, signal)));
    },
    async apply(target, change, attempt) {
      const { key, body } = messageOf(target.resource, change, attempt);
      const lane = change.kind === 'remove' ? 'ending' : 'giving';
      expectDone(await send(target, lane, { path: '', key, body }, attempt.signal));
    },
    async replacePassword() {
      throw new ConnectorError('misconfigured');
    },
    async close() {
      wire.close();
    },
  };
}

/** Addresses in one question. */
const soughtAtOnce = 100;

interface Sending {
  path: string;
  key: string;
  body: string | null;
}

/** Standard Webhooks 1.0. @throws ConnectorError `misconfigured` when the secret is none of that standard. */
function sign(secret: string, deliveryId: string, signed: string): Record<string, string> {
  try {
    return signWebhook('standard', secret, { body: Buffer.from(signed), signedAtMs: Date.now(), deliveryId });
  } catch {
    throw new ConnectorError('misconfigured');
  }
}

/** An account that holds nothing and is not signed in counts as none: that its user stays known is the application's. */
function observationOf(answers: readonly AccountAnswer[]): Observation {
  const holdings = answers.flatMap(({ account, holdings }) =>
    holdings.map(({ entitlement, customer, until }) => ({ account, entitlement, scope: customer, until })),
  );
  const used = answers.filter(({ holdings, sessions }) => holdings.length > 0 || sessions > 0);
  return {
    holdings,
    accounts: used.map(({ account }) => account),
    sessions: answers.reduce((sum, { sessions }) => sum + sessions, 0),
  };
}

/** Does it for all, as many at once as there are connections: a request that waits for one would run out of its time. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [at, item] of rest) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: endsPerTarget }, worker));
  return results;
}
