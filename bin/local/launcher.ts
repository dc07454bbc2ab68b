import { join } from 'node:path';
import { deriveKeys } from '../../crypto/keys.ts';
import { loadExample } from '../example.ts';
import { prepareLedger } from '../prepare.ts';
import { sentenceOf } from '../sentence.mjs';
import { reachableUrl, shownUrl } from './address.ts';
import { type LocalApplication, startApplication } from './application.ts';
import { removeEndpoints, writeEndpoints } from './endpoints.ts';
import { type Engine, startEngine } from './engine.ts';
import { type Home, homeAt, openHome } from './home.ts';
import { isHeld, type ProcessName, processNames } from './hold.ts';
import { type LocalIdentity, startIdentity } from './identity-process.ts';
import { keptKey } from './kept.ts';
import { AlreadyRunningError, lockHome, unlockHome } from './lock.ts';
import { isListening, isPortFree } from './ports.ts';
import { endLeftovers, recordedProcess } from './process-record.ts';
import { nodeSpec } from './process-specs.ts';
import { type HealthPart, waitUntilReady } from './readiness.ts';
import { lastWords } from './running-process.ts';
import { serverUser } from './server-user.ts';
import {
  type Environment,
  inheritedEnvironment,
  type LauncherSettings,
  launcherSettings,
} from './settings.ts';
import { onStopSignals, type StopSignals } from './stop-signals.ts';
import { Supervisor } from './supervisor.ts';
import { type Voice, voiceIn } from './voice.ts';
import { type ExamplePerson, welcomeLines } from './welcome.ts';

const readyLimitMs = 120_000;

/** Who works ends before what they work with, so that each can finish its step and write it down. */
const stopOrder: readonly (readonly ProcessName[])[] = [
  ['api', 'worker', 'reaper'],
  ['temporal', 'target-eu', 'target-us', 'northwind-app', 'identity'],
  ['ledger'],
];

const ownProcesses = ['worker', 'reaper', 'api'] as const;

/** What `/readyz` calls the processes it speaks of. */
const partOf: Readonly<Partial<Record<ProcessName, HealthPart>>> = {
  ledger: 'ledger',
  temporal: 'engine',
  worker: 'worker',
  reaper: 'reaper',
  api: 'api',
};

interface Launch {
  readonly settings: LauncherSettings;
  readonly environment: Environment;
  readonly home: Home;
  readonly supervisor: Supervisor;
  readonly voice: Voice;
}

/** Makes sure of the installation's folder, and that nobody else starts it. */
async function takeHome(settings: LauncherSettings): Promise<Home> {
  const needsPostgres = settings.databaseUrl === undefined || !settings.isProduction;
  const home = await openHome(settings.home, needsPostgres ? serverUser() : undefined);
  await lockHome(home.run).catch((error: unknown) => {
    if (!(error instanceof AlreadyRunningError)) throw error;
    throw new Error(
      `Tenure is running already in ${settings.home} (${error.message}). Stop it there, or start another ` +
        'installation beside it with its own TENURE_HOME and PORT.',
    );
  });
  return home;
}

/** Whether a launcher, or what a killed one left, runs here: then the port may be ours already. */
function isInUse(settings: LauncherSettings): boolean {
  const { run } = homeAt(settings.home);
  return ['launcher' as const, ...processNames].some((name) => recordedProcess(run, name) !== undefined);
}

async function refuseTakenPort({ host, port }: LauncherSettings): Promise<void> {
  // Some systems let a second server bind a port that another one holds on all addresses; asking it tells. Who asks
  // `localhost` may get either loopback address.
  const asked = shownUrl({ host, port }) === reachableUrl({ host, port }) ? [host] : ['127.0.0.1', '::1'];
  const answers = await Promise.all(asked.map((address) => isListening(port, address)));
  if ((await isPortFree(port, host)) && !answers.includes(true)) return;
  throw new Error(`Port ${port} is in use on ${host}. Choose another one: PORT=${port + 1} npm start`);
}

function childEnvironments(
  { settings, environment, home }: Launch,
  key: string,
  temporalAddress: string,
  urls: { appUrl: string; systemUrl: string },
): Readonly<Record<(typeof ownProcesses)[number], Environment>> {
  const common = {
    ...inheritedEnvironment(environment, settings),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: settings.temporalNamespace,
    HOST: settings.host,
    PORT: String(settings.port),
    TENURE_PUBLIC_URL: settings.publicUrl,
    TENURE_KEY: key,
    TENURE_HOME: home.folder,
  };
  const asSystem = { ...common, DATABASE_URL: urls.systemUrl };
  return { worker: asSystem, reaper: asSystem, api: { ...common, DATABASE_URL: urls.appUrl } };
}

/** Waits until our own processes are up. One that cannot come up ends the start, with its own last words. */
async function awaitReadiness(
  { settings, home, supervisor, voice }: Launch,
  { complaint }: Engine,
): Promise<void> {
  // Requests and decisions are accepted without the engine, so nobody waits for one that cannot be used yet.
  const unusable: readonly HealthPart[] = complaint === null ? [] : ['engine', 'worker'];
  const held = (): HealthPart[] =>
    Object.entries(partOf).flatMap(([name, part]) =>
      stopOrder.flat().some((known) => known === name && isHeld(home.folder, known)) ? [part] : [],
    );
  const down = await waitUntilReady({
    url: reachableUrl(settings),
    excused: () => [...unusable, ...held()],
    limitMs: readyLimitMs,
    isHopeless: () => supervisor.failing(3).length > 0,
  });
  const [failing] = supervisor.failing(3);
  const broken = failing ?? (down.includes('api') ? 'api' : undefined);
  if (broken !== undefined) {
    const log = join(home.logs, `${broken}.log`);
    throw new Error(`${broken} does not come up. The end of ${log}:\n${await lastWords(log, 0)}`);
  }
  if (down.includes('ledger')) throw new Error(`The ledger does not answer; see ${home.logs}.`);
  // The rest is worth a word but no reason to stop.
  if (down.length > 0) voice.note(`not up yet: ${down.join(', ')}; see ${home.logs}`);
}

/** What stands for the systems of others. Absent in production. */
interface LocalExample {
  readonly application: LocalApplication;
  readonly identity: LocalIdentity;
}

async function startExample(launch: Launch, key: string): Promise<LocalExample> {
  const application = await startApplication(launch, key);
  return { application, identity: await startIdentity(launch, key) };
}

async function peopleOfExample(
  { targets }: Engine,
  key: string,
  systemUrl: string,
  example: LocalExample | undefined,
): Promise<readonly ExamplePerson[]> {
  if (targets === undefined || example === undefined) return [];
  const { application, identity } = example;
  const { people } = await loadExample({
    systemUrl,
    key,
    targets,
    application: { url: application.url },
    identity,
  });
  return people;
}

function partsOfExample({ application, identity }: LocalExample): (readonly [string, string])[] {
  return [
    ['northwind-app', `the example's own application; its users at ${application.origin}`],
    ['identity', `the example's identity provider: ${identity.issuer}`],
  ];
}

/** Brings everything up; returns the lines to print. */
async function bringUp(launch: Launch): Promise<string[]> {
  const { settings, home, supervisor, voice } = launch;
  const key = settings.key ?? (await keptKey(home.folder));
  const example = settings.isProduction ? undefined : await startExample(launch, key);
  const engine = await startEngine({ ...launch, note: voice.note });
  const urls = await prepareLedger({ ownerUrl: engine.ownerUrl, key });
  await writeEndpoints(home.run, {
    api: shownUrl(settings),
    keyId: deriveKeys(key).keyId,
    databaseUrl: engine.ownerUrl,
    temporalAddress: engine.temporalAddress,
    temporalNamespace: settings.temporalNamespace,
    targets: Object.fromEntries(
      Object.entries(engine.targets ?? {}).map(([region, t]) => [region, t.adminUrl]),
    ),
    application: example?.application.origin,
    identity: example?.identity.issuer,
  });
  const environments = childEnvironments(launch, key, engine.temporalAddress, urls);
  for (const name of ownProcesses) supervisor.add(nodeSpec(home, name, environments[name]));
  // Our processes read what they need when they need it, so they come up while the example is looked after.
  const [people] = await Promise.all([
    peopleOfExample(engine, key, urls.systemUrl, example),
    awaitReadiness(launch, engine),
    example?.application.up,
    example?.identity.up,
  ]);
  if (engine.complaint !== null) {
    voice.note(`${engine.complaint}\nUntil then requests are accepted, and no access begins.`);
  }
  return welcomeLines({
    url: shownUrl(settings),
    parts: example === undefined ? engine.parts : [...engine.parts, ...partsOfExample(example)],
    people,
    logs: join(settings.home, 'logs'),
    isColoured: process.stdout.isTTY && launch.environment['NO_COLOR'] === undefined,
  });
}

async function killWhenHurried(signals: StopSignals, supervisor: Supervisor): Promise<void> {
  await signals.second;
  await supervisor.killAll();
}

/** Runs until a signal asks to stop, or the start fails; then ends everything that was started. */
async function runUntilStopped(launch: Launch): Promise<number> {
  const { supervisor, home, environment, voice } = launch;
  const signals = onStopSignals(environment['npm_lifecycle_event'] !== undefined);
  const up = bringUp(launch);
  try {
    const lines = await Promise.race([up, signals.first]);
    for (const line of lines ?? []) voice.say(line);
    await signals.first;
    voice.note('stopping …');
  } finally {
    // What the start still waits for ends with the servers; nobody needs to hear of it.
    up.catch(() => undefined);
    await Promise.race([supervisor.stopAll(stopOrder), killWhenHurried(signals, supervisor)]);
    await removeEndpoints(home.run);
    signals.dispose();
  }
  return 0;
}

/**
 * Starts the local installation, says what runs and how to use it (the last line is `ready <url>`), and keeps it
 * running until SIGINT, SIGTERM or SIGHUP. What a killed launcher left is ended first; nothing in it is lost.
 *
 * @returns the exit code.
 */
export async function launch(environment: Environment): Promise<number> {
  // The reader of our output may go away (`npm start | head`); the installation must not.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const settings = launcherSettings(environment);
  // Asked before anything is made, so that a start that is refused leaves nothing.
  if (!isInUse(settings)) await refuseTakenPort(settings);
  const home = await takeHome(settings);
  const voice = voiceIn(home);
  try {
    const ended = await endLeftovers(home.run);
    if (ended.length > 0) voice.note(`ended what an earlier start had left running: ${ended.join(', ')}`);
    await refuseTakenPort(settings);
    const supervisor = new Supervisor({ home: home.folder, note: voice.note });
    return await runUntilStopped({ settings, environment, home, supervisor, voice });
  } catch (error) {
    voice.keep(sentenceOf(error));
    throw error;
  } finally {
    unlockHome(home.run);
  }
}
