import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { type FenceView, listFences } from '../../db/queries/fence-view.ts';
import type { GrantView } from '../../db/queries/grant.ts';
import { type InboundEventView, listEvents } from '../../db/queries/inbound-event.ts';
import { listMails, type MailView } from '../../db/queries/mail-view.ts';
import {
  listLongestOverdue,
  type OperationsFigures,
  readFigures,
  type Since,
} from '../../db/queries/operations.ts';
import { listProcesses, type ProcessSummary } from '../../db/queries/process-view.ts';
import { countSignals } from '../../db/queries/signal.ts';
import { type DueReview, listDueReviews } from '../../db/queries/review.ts';
import { listOldestTasks, type TaskView } from '../../db/queries/task.ts';
import { listTroubledWebhooks, type WebhookView } from '../../db/queries/webhook.ts';
import { leastIdAt } from '../../domain/ids.ts';
import { reviewRules } from '../../domain/review.ts';
import type { ApiDeps } from '../deps.ts';
import { rules } from '../guards/rule.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal, recordsOf, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';

/** What does not go on by itself, the first of each kind, and how much there is of it. */
export interface OperationsScene {
  figures: OperationsFigures;
  overdue: GrantView[];
  tasks: TaskView[];
  fences: FenceView[];
  stuck: ProcessSummary[];
  reviews: DueReview[];
  /** Null for whoever does not manage access. */
  events: InboundEventView[] | null;
  mails: MailView[] | null;
  webhooks: WebhookView[] | null;
  /** How many signals count now, and how many of the last day are about nobody known; null for whoever does not read all records. */
  signals: { open: number; unmatched: number } | null;
}

/** Of each kind so many stand on the page; the rest is counted, and has a list of its own. */
const shown = 8;
const first = { limit: shown, after: null };
const dayMs = 24 * 60 * 60_000;

/** How far back is looked for what nobody has seen to. */
export function sinceOf(nowMs: number): Since {
  return {
    mail: leastIdAt('mail', nowMs - 7 * dayMs),
    event: leastIdAt('evt', nowMs - 30 * dayMs),
    grant: leastIdAt('grant', nowMs - 2 * dayMs),
  };
}

/** Reads it in one go, so that figures and rows agree. */
export function readOperations(deps: ApiDeps, caller: PersonPrincipal): Promise<Outside<OperationsScene>> {
  const viewer = viewerOf(caller);
  const manages = hasDuty(caller, 'manage-access');
  const since = sinceOf(Date.now());
  return reading(deps, caller, async (tx): Promise<OperationsScene> => {
    const figures = await readFigures(tx, viewer, since);
    const before = new Date(Date.parse(figures.now) + 7 * dayMs).toISOString();
    const { catalog } = await readActiveCatalog(tx);
    const due = { before, organizationId: null, ...reviewRules(catalog) };
    const { overdue, tasks, fences, stuck, events, mails, webhooks } = figures;
    // What the figures say there is none of is not looked for.
    const some = async <T>(count: number, read: () => Promise<{ items: T[] }>) =>
      count > 0 ? (await read()).items : [];
    return {
      figures,
      overdue: overdue > 0 ? await listLongestOverdue(tx, viewer, shown) : [],
      tasks: tasks > 0 ? await listOldestTasks(tx, viewer, shown) : [],
      fences: await some(fences, () => listFences(tx, { state: 'open' }, first)),
      stuck: await some(stuck, () => listProcesses(tx, { state: 'stuck' }, first)),
      events: manages ? await some(events, () => listEvents(tx, { state: 'open' }, first)) : null,
      mails: manages
        ? await some(mails, () => listMails(tx, { state: 'failed', since: since.mail }, first))
        : null,
      webhooks: manages ? (webhooks > 0 ? await listTroubledWebhooks(tx, shown) : []) : null,
      signals:
        recordsOf(caller) === 'all' ? await countSignals(tx, leastIdAt('sig', Date.now() - dayMs)) : null,
      // Who only releases fences is not told of these people elsewhere, either.
      reviews: rules['people-reader'].admits(caller)
        ? (await listDueReviews(tx, due, { limit: 3, after: null })).items
        : [],
    };
  });
}
