import { z } from 'zod';

/** Everything Tenure reads from its environment, and the only module of the application that reads it. */
const schema = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'must be a URL like postgres://user:password@host:5432/database',
  }),
  TENURE_KEY: z.string().min(43, 'must be 32 random bytes or more, as base64url'),
  TEMPORAL_ADDRESS: z.string().min(1).default('localhost:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(3000),
  TENURE_PUBLIC_URL: z.url('must be a URL').optional(),
  TENURE_ENV: z.enum(['local', 'production'], 'must be `production` or left out').default('local'),
  TENURE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Crash tests name the place at which this process kills itself. Refused in production. */
  TENURE_CRASH_AT: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url('must be a URL').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url('must be a URL').optional(),
});

export interface Config {
  databaseUrl: string;
  masterKey: string;
  temporal: {
    address: string;
    namespace: string;
    apiKey: string | undefined;
    tls: { certPath: string | undefined; keyPath: string | undefined; caPath: string | undefined };
  };
  host: string;
  port: number;
  publicUrl: string;
  isProduction: boolean;
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
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${explain(issue)}`);
  if (parsed.data?.TENURE_ENV === 'production' && parsed.data.TENURE_CRASH_AT)
    problems.push('TENURE_CRASH_AT: not in production');
  if (parsed.data?.TENURE_ENV === 'production' && !parsed.data.TENURE_PUBLIC_URL)
    problems.push('TENURE_PUBLIC_URL: needed in production');
  if (!parsed.success || problems.length > 0)
    throw new ConfigError(`The environment is not complete:\n  ${problems.join('\n  ')}`);
  const env = parsed.data;
  return {
    databaseUrl: env.DATABASE_URL,
    masterKey: env.TENURE_KEY,
    temporal: {
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      apiKey: env.TEMPORAL_API_KEY,
      tls: {
        certPath: env.TEMPORAL_TLS_CLIENT_CERT_PATH,
        keyPath: env.TEMPORAL_TLS_CLIENT_KEY_PATH,
        caPath: env.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
      },
    },
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.TENURE_PUBLIC_URL ?? `http://localhost:${env.PORT}`,
    isProduction: env.TENURE_ENV === 'production',
    logLevel: env.TENURE_LOG_LEVEL,
    crashAt: env.TENURE_CRASH_AT,
    exportTraces: Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
  };
}

function explain(issue: { message: string; code?: string; input?: unknown }): string {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : issue.message;
}
