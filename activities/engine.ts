import type { OutboxLine } from '../db/outbox.ts';
import type { Carried } from '../db/queries/repair.ts';

/** One run of the workflow that carries a row. */
export interface WorkflowRun {
  /** Of the row. */
  subjectId: string;
  story: Carried['story'];
  run: number;
  organization: string;
}

/** A wake-up for one run of a workflow. */
export interface WakeUp extends WorkflowRun {
  signal: OutboxLine['message']['signal'];
  id: string;
  traceparent: string | null;
}

/** What is needed of Temporal; bin/ makes one of its client. */
export interface Engine {
  /**
   * Starts that run, or signals it when it is running (signal-with-start). `closed`: the run was and is over.
   * @throws when the engine cannot be reached.
   */
  wake(wakeUp: WakeUp): Promise<'delivered' | 'closed'>;
  /**
   * What is there under that run's id: our workflow, under way; nothing, or nothing any more; or `foreign`, something
   * that does not and will not do the work, e.g. a start of somebody else's under our id.
   */
  look(run: WorkflowRun): Promise<'running' | 'gone' | 'foreign'>;
  /** Starts that run in place of whatever has its id. @throws when the engine cannot be reached. */
  replace(wakeUp: WakeUp): Promise<void>;
}

/** Runs the work as a part of the trace that an outbox line carries (W3C `traceparent`). */
export type InTrace = <T>(traceparent: string | null, work: () => Promise<T>) => Promise<T>;

/** The run of a row's workflow that counts now. */
export function runOf({ id, story, run, organization }: Carried): WorkflowRun {
  return { subjectId: id, story, run, organization };
}

/**
 * The wake-up that a line asks for, as far as the line itself says it; null when the row must be read first. Which run counts
 * now may have changed since it was written.
 */
export function wakeUpOf({ subjectId, message, traceparent }: OutboxLine): WakeUp | null {
  const { organization, run, signal, id } = message;
  const story = storyOf(subjectId, message.kind);
  return story && { subjectId, story, run, organization, signal, id, traceparent };
}

function storyOf(subjectId: string, kind: OutboxLine['message']['kind']): Carried['story'] | null {
  if (subjectId.startsWith('req_')) return 'request';
  if (subjectId.startsWith('org_')) return 'customer';
  return kind ?? null;
}
