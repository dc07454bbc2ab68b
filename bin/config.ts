import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { z } from 'zod';
import { isMailAddress } from '../domain/mail-address.ts';
import type { Reachable } from '../domain/webhook.ts';

const leastKeyLength = 43;
const keyRule = 'must be 32 random bytes or more, as base64url';

/** An address that is called, or told to others. */
const webUrl = (example: string) =>
  z.url({ protocol: /^https?$/, error: `must be a URL like ${example}` }).refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    // What is no address at all is told already.
    return url === null || (url.username === '' && url.password === '');
  }, 'takes no name and no password');

/** Everything Tenure reads from its environment, and the only module of the application that reads it. */
const schema = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'must be a URL like postgres://user:password@host:5432/database',
  }),
  TENURE_KEY: z.string().min(leastKeyLength, keyRule),
  /** Keys that were used before: what they sealed is still opened, nothing is sealed with them. */
  TENURE_KEY_FORMER: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((former) => former.trim())
        .filter((former) => former !== ''),
    )
    .refine((formers) => formers.every((former) => former.length >= leastKeyLength), `each ${keyRule}`)
    .default([]),
  /** Where the local installation keeps what it may keep between starts. */
  TENURE_HOME: z.string().optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(3000),
  TENURE_PUBLIC_URL: webUrl('https://tenure.example.com').optional(),
  TENURE_ENV: z.enum(['local', 'production'], 'must be `production` or left out').default('local'),
  TENURE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Crash tests name the place at which this process kills itself. Refused in production. */
  TENURE_CRASH_AT: z.string().optional(),
  /** The server that messages are sent through. Everything else about it follows from the address. */
  TENURE_SMTP_URL: z
    .url({
      protocol: /^smtps?$/,
      error: 'must be a URL like smtps://user:password@mail.example.com:465',
    })
    .refine((text) => URL.canParse(text) && new URL(text).search === '', 'takes no parameters after a `?`')
    .optional(),
  TENURE_MAIL_FROM: z
    .string()
    .transform((text, context) => {
      const sender = readSender(text);
      if (sender) return sender;
      context.addIssue('must be an address, `tenure@example.com` or `Tenure <tenure@example.com>`');
      return z.NEVER;
    })
    .optional(),
  /** Where Stripe's API is asked about an object that events leave in doubt. */
  TENURE_STRIPE_URL: webUrl('https://api.stripe.com').default('https://api.stripe.com'),
  /** Where events are sent to. `anywhere`: this machine, inner networks and plain HTTP, too. Refused in production. */
  TENURE_WEBHOOKS_TO: z.enum(['outside', 'anywhere'], 'must be `anywhere` or left out').default('outside'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl('http://localhost:4318').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: webUrl('http://localhost:4318/v1/traces').optional(),
});

export interface Config {
  databaseUrl: string;
  masterKey: string;
  /** Master keys of before; see `deriveKeys`. */
  formerMasterKeys: readonly string[];
  temporal: {
    namespace: string;
    /** Address, TLS and credentials, as Temporal's own environment configuration gives them. */
    connection: NativeConnectionOptions;
  };
  /** Undefined where the process belongs to no local installation. */
  home: string | undefined;
  host: string;
  port: number;
  publicUrl: string;
  isProduction: boolean;
  mail: {
    /** Undefined only outside production: messages are then files in the home, if there is one. */
    smtpUrl: string | undefined;
    from: { name: string; address: string };
  };
  /** Without a slash at the end. */
  stripeUrl: string;
  webhooksReach: Reachable;
  logLevel: string;
  crashAt: string | undefined;
  exportTraces: boolean;
}

/** What is wrong with the environment, all of it at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment. @throws ConfigError naming every variable that is missing or wrong, and what it must be. */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const problems = environmentProblems(environment);
  if (problems.length > 0) throw new ConfigError(environmentInWords(problems));
  const set = withoutEmpty(environment);
  const env = schema.parse(set);
  return {
    databaseUrl: env.DATABASE_URL,
    masterKey: env.TENURE_KEY,
    formerMasterKeys: env.TENURE_KEY_FORMER,
    temporal: readTemporal(set),
    home: env.TENURE_HOME,
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.TENURE_PUBLIC_URL ?? `http://localhost:${env.PORT}`,
    isProduction: env.TENURE_ENV === 'production',
    mail: {
      smtpUrl: env.TENURE_SMTP_URL,
      from: env.TENURE_MAIL_FROM ?? { name: 'Tenure', address: 'tenure@localhost' },
    },
    stripeUrl: env.TENURE_STRIPE_URL.replace(/\/+$/, ''),
    webhooksReach: env.TENURE_WEBHOOKS_TO,
    logLevel: env.TENURE_LOG_LEVEL,
    crashAt: env.TENURE_CRASH_AT,
    exportTraces: Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
  };
}

/**
 * Everything that is wrong with an environment, as `NAME: what it must be`; empty when nothing is. Values are not repeated: some
 * are secrets.
 */
export function environmentProblems(environment: Record<string, string | undefined>): string[] {
  const set = withoutEmpty(environment);
  const parsed = schema.safeParse(set);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${explain(issue)}`);
  if (set['TENURE_ENV'] !== 'production') return problems;
  if (set['TENURE_CRASH_AT']) problems.push('TENURE_CRASH_AT: not in production');
  if (!set['TENURE_PUBLIC_URL']) problems.push('TENURE_PUBLIC_URL: needed in production');
  for (const name of ['TENURE_SMTP_URL', 'TENURE_MAIL_FROM'])
    if (!set[name]) problems.push(`${name}: needed in production, where messages leave by mail`);
  if (set['TENURE_WEBHOOKS_TO'] === 'anywhere')
    problems.push(
      'TENURE_WEBHOOKS_TO: not `anywhere` in production, where it would lead into inner networks',
    );
  if (set['TENURE_STRIPE_URL']?.startsWith('http://'))
    problems.push('TENURE_STRIPE_URL: must be https in production, as a key of Stripe is sent there');
  return problems;
}

export function environmentInWords(problems: readonly string[]): string {
  return `The environment is not complete:\n  ${problems.join('\n  ')}`;
}

function withoutEmpty(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/**
 * Temporal's own environment configuration: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…. Its
 * configuration file is read only when TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE asks for it, so that one that lies about
 * for other purposes does not lead us elsewhere.
 */
export function readTemporal(environment: Record<string, string | undefined>): Config['temporal'] {
  const overrideEnvVars: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('TEMPORAL_') && value) overrideEnvVars[name] = value;
  }
  const disableFile = !overrideEnvVars['TEMPORAL_CONFIG_FILE'] && !overrideEnvVars['TEMPORAL_PROFILE'];
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars, disableFile });
  return {
    namespace: namespace ?? 'default',
    connection: { address: 'localhost:7233', ...connectionOptions },
  };
}

/** A sender as people write it, with a name or without; null when it is no such thing. */
function readSender(text: string): { name: string; address: string } | null {
  const [, name, bracketed, bare] = /^(?:"?([^"<>]*?)"?\s*<([^<>]+)>|([^<>]+))$/.exec(text.trim()) ?? [];
  const address = bracketed ?? bare ?? '';
  return isMailAddress(address) ? { name: name?.trim() || 'Tenure', address } : null;
}

function explain(issue: { message: string; code?: string; input?: unknown }): string {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : issue.message;
}
