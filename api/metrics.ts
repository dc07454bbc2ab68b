import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Ledger } from '../db/client.ts';
import { readGauges } from '../db/queries/readiness.ts';
import { recently, soon } from './recent.ts';

/** A ledger that has not answered after so many milliseconds counts as away. */
const ledgerWithinMs = 1_500;

/** The API's own figures and, read from the ledger when they are asked for, those that must be watched. */
export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  /** How many are connected to be told of changes. */
  watching(connections: number): void;
  /** Counts one answered request. */
  answered(request: { route: string; method: string; status: number; seconds: number }): void;
  /** Counts an answer to an application's question: there are so many that each is a number added, and no more. */
  evaluated(answer: Evaluated): void;
}

/** How a question was answered: from memory, by the ledger, or not at all. */
export type Evaluated = (typeof evaluated)[number];
const evaluated = ['memory', 'ledger', 'refused'] as const;

export function createMetrics(ledger: Ledger): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'tenure_http_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tenure_http_request_duration_seconds',
    help: 'Time to answer, by route.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const overdue = gauge('tenure_grants_overdue', 'Grants that are due and not confirmed gone.');
  const open = gauge('tenure_grants_open', 'Grants that are provisioning or held.');
  const tasks = gauge('tenure_open_tasks', 'Tasks that only a person can finish, and nobody has.');
  const waiting = gauge('tenure_outbox_waiting', 'Outbox lines that are not delivered.');
  const oldest = gauge(
    'tenure_outbox_oldest_seconds',
    'Age of the oldest outbox line that is not delivered.',
  );
  const live = gauge('tenure_live_connections', 'Connections over which changes are told.');
  const up = gauge('tenure_ledger_up', 'Whether the ledger answered when these figures were read.');

  const questions = new Counter({
    name: 'tenure_evaluations_total',
    help: 'Questions of applications, by what they were answered from.',
    labelNames: ['from'],
    registers,
  });
  const counted = { memory: 0, ledger: 0, refused: 0 };
  const countQuestions = () => {
    questions.reset();
    for (const from of evaluated) questions.inc({ from }, counted[from]);
  };

  const figures = recently(() => readGauges(ledger));
  const readLedger = async () => {
    const now = await soon(figures(), ledgerWithinMs);
    // The other figures are worth having when the ledger is away; this one says that it is.
    up.set(now ? 1 : 0);
    if (!now) return;
    overdue.set(now.overdueGrants);
    open.set(now.openGrants);
    tasks.set(now.openTasks);
    waiting.set(now.waitingOutbox);
    oldest.set(now.oldestOutboxSeconds);
  };
  return {
    contentType: registry.contentType,
    text: async () => {
      countQuestions();
      await readLedger();
      return registry.metrics();
    },
    watching: (connections) => live.set(connections),
    evaluated: (answer) => {
      counted[answer] += 1;
    },
    answered: ({ route, method, status, seconds: took }) => {
      requests.inc({ method, route, status: String(status) });
      seconds.observe({ method, route }, took);
    },
  };
}
