import { randomUUID } from 'node:crypto';
import { destination, type Logger, pino } from 'pino';
import { type FaultPoint, faultPoints, type Reach } from '../activities/fault-points.ts';
import { createPostgresConnector } from '../activities/connectors/postgres/connector.ts';
import { traced } from '../activities/connectors/traced.ts';
import { createWebhookConnector } from '../activities/connectors/webhook/connector.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import { deriveKeys, type TenureKeys } from '../crypto/keys.ts';
import { type Ledger, openLedger } from '../db/client.ts';
import { beat, lastBeat } from '../db/queries/heartbeat.ts';
import type { PolicySet } from '../policy/load.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { readDefaultPolicies } from './policies.ts';

/** What every one of our processes begins with: its configuration, keys, ledger, policies and log. */
export interface Service {
  config: Config;
  keys: TenureKeys;
  ledger: Ledger;
  policies: PolicySet;
  log: Logger;
}

/** Reads and checks everything there is to check before a process begins; what is wrong is said all at once and ends it. */
export function openService(name: string, connections: number): Service {
  const config = readConfigOrExit();
  const log = pino({ name, level: config.logLevel, base: { pid: process.pid } }, destination({ sync: true }));
  const keys = deriveKeys(config.masterKey, config.formerMasterKeys);
  const policies = readDefaultPolicies();
  const ledger = openLedger({ url: config.databaseUrl, max: connections, applicationName: `tenure-${name}` });
  return { config, keys, ledger, policies, log };
}

function readConfigOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

/** What the worker and the reaper touch the outside with. */
export function activityDeps(service: Service): ActivityDeps {
  const connectors = [createPostgresConnector(), createWebhookConnector()].map(traced);
  return {
    ledger: service.ledger,
    connectors: new Map(connectors.map((connector) => [connector.kind, connector])),
    sealing: service.keys.sealing,
    decide: service.policies.decide,
    mayHoldMany: service.policies.mayHoldMany,
    reach: crashAt(service.config),
    log: service.log,
  };
}

/** Kills this process at the named place, once, in crash tests; a production configuration refuses the name. */
function crashAt(config: Config): Reach {
  const point = faultPoints.find((known: FaultPoint) => known === config.crashAt);
  return async (reached) => {
    if (reached === point) process.kill(process.pid, 'SIGKILL');
  };
}

/** Says every two seconds in the ledger that this process lives. Returns what says that it stops. */
export function keepBeating(service: Service, name: 'worker' | 'reaper'): () => Promise<void> {
  const instance = randomUUID();
  const say = () => beat(service.ledger.db, name, instance, process.pid).catch(() => undefined);
  void say();
  const timer = setInterval(() => void say(), 2_000);
  return async () => {
    clearInterval(timer);
    await lastBeat(service.ledger.db, instance).catch(() => undefined);
  };
}

/** Repeats the work for ever with a pause between, whatever goes wrong with it, until it is stopped. */
export function repeat(
  service: Service,
  what: string,
  pauseMs: number,
  work: () => Promise<unknown>,
): () => Promise<void> {
  let isStopping = false;
  let wake = () => undefined as void;
  const loop = async () => {
    while (!isStopping) {
      try {
        await work();
      } catch (error) {
        service.log.warn(
          { what, error: error instanceof Error ? error.name : 'unknown' },
          'failed, trying again',
        );
      }
      await new Promise<void>((resolve) => {
        const pause = setTimeout(resolve, isStopping ? 0 : pauseMs);
        wake = () => {
          // A pause of an hour must not keep a process alive that is asked to stop.
          clearTimeout(pause);
          resolve();
        };
      });
    }
  };
  const ended = loop();
  return async () => {
    isStopping = true;
    wake();
    await ended;
  };
}

/** Resolves when the process is asked to stop (SIGTERM, or Ctrl-C). */
export function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
