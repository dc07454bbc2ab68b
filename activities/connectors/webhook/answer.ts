import { z } from 'zod';
import { ConnectorError, type ConnectorErrorCode } from '../errors.ts';
import type { Answer } from './exchange.ts';

const accountSchema = z.object({
  account: z.string(),
  /** The greatest number it has seen of this account; 0 for one it does not know. */
  number: z.int().min(0),
  holdings: z.array(
    z.object({
      entitlement: z.string(),
      customer: z.string().nullable(),
      until: z.iso.datetime({ offset: true }).transform((instant) => new Date(instant).toISOString()),
    }),
  ),
  sessions: z.int().min(0),
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
