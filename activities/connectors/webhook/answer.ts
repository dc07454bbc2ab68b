import { z } from 'zod';
import type { FoundAccount } from '../../../domain/found-account.ts';
import { ConnectorError, type ConnectorErrorCode } from '../errors.ts';
import type { Answer } from './exchange.ts';

/** An account's name as it may stand in an address and in a log: ours are ids, an application's own may be anything like it. */
export function isAccountName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/u.test(text);
}

const holdings = z.array(
  z.object({
    entitlement: z.string(),
    customer: z.string().nullable(),
    until: z.iso.datetime({ offset: true }).transform((instant) => new Date(instant).toISOString()),
  }),
);

const accountSchema = z.object({
  account: z.string(),
  /** The greatest number it has seen of this account; 0 for one it does not know. */
  number: z.int().min(0),
  holdings,
  sessions: z.int().min(0),
});

const foundSchema = z.object({
  accounts: z.array(
    z.object({
      account: z.string().refine(isAccountName),
      email: z.string().transform((email) => email.trim().toLowerCase()),
      /** It may do what no entitlement says. */
      administrator: z.boolean(),
      holdings,
    }),
  ),
});

/** What the application says about one account. */
export type AccountAnswer = z.infer<typeof accountSchema>;

/** @throws ConnectorError unless it says that it has done what it was told. */
export function expectDone(answer: Answer): void {
  const code = refusalOf(answer);
  if (code) throw new ConnectorError(code);
}

/**
 * Reads what is held on an account. An address that answers something else says nothing about it: 404 above all is not
 * taken for an account that holds nothing, or a mistyped address would pass for access that has ended.
 * @throws ConnectorError
 */
export function readAccount(answer: Answer, account: string): AccountAnswer {
  expectDone(answer);
  const parsed = accountSchema.safeParse(parseJson(answer.body));
  if (!parsed.success || parsed.data.account !== account) throw new ConnectorError('target-error');
  return parsed.data;
}

/**
 * Reads whose accounts the application has. Null when it does not know the question: one that cannot be asked is told of
 * people all the same, as it always was.
 * @throws ConnectorError also when it tells of somebody who was not asked for.
 */
export function readFound(answer: Answer, emails: readonly string[]): FoundAccount[] | null {
  if (answer.status === 404 || answer.status === 405 || answer.status === 501) return null;
  expectDone(answer);
  const parsed = foundSchema.safeParse(parseJson(answer.body));
  if (!parsed.success || parsed.data.accounts.some(({ email }) => !emails.includes(email)))
    throw new ConnectorError('target-error');
  return parsed.data.accounts.map(({ account, email, administrator, holdings: held }) => ({
    email,
    account,
    hindrance: administrator ? 'administrator' : null,
    holdings: held.map(({ entitlement, customer, until }) => ({
      account,
      entitlement,
      scope: customer,
      until,
    })),
  }));
}

const meanings: Readonly<Record<number, ConnectorErrorCode>> = {
  400: 'target-refused',
  401: 'misconfigured',
  403: 'misconfigured',
  404: 'misconfigured',
  405: 'misconfigured',
  408: 'target-unreachable',
  410: 'misconfigured',
  422: 'target-refused',
  425: 'target-unreachable',
  429: 'target-unreachable',
  502: 'target-unreachable',
  503: 'target-unreachable',
  504: 'target-unreachable',
};

function refusalOf({ status, body }: Answer): ConnectorErrorCode | null {
  if (status >= 200 && status < 300) return null;
  // Whoever redirects would be told about people whom nobody meant to tell it about.
  if (status >= 300 && status < 400) return 'misconfigured';
  if (status === 409) return isSuperseded(body) ? 'superseded' : 'target-error';
  return meanings[status] ?? 'target-error';
}

function isSuperseded(body: string): boolean {
  return z.object({ code: z.literal('superseded') }).safeParse(parseJson(body)).success;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
