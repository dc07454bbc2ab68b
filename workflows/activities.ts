import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

/** Where a request stands, read from its rows. A workflow acts on this and on nothing else. */
export interface Situation {
  /**
   * `deciding`: waits for people. `beginning`: approved, access not made yet. `holding`: something is held, or may be,
   * and must be ended when it is due. `over`: nothing is left to do.
   */
  phase: 'deciding' | 'beginning' | 'holding' | 'over';
  kind: 'access' | 'extension';
  /** When the next thing happens by itself: silence lapses, access begins, access is due to end. ISO 8601 UTC. */
  wakeAt: string;
}

/** Quick rows in our own ledger. `stop` refuses to run as anything but a part of a workflow. */
export interface LedgerActivities {
  /** Brings the request's state in line with its decisions and the clock, and says where it stands. */
  settle(requestId: string): Promise<Situation>;
  /** The workflow was cancelled in Temporal: writes that down as a revocation by the engine, which is final. */
  stop(requestId: string): Promise<void>;
}

/** Both derive their authority anew from the request's rows, and do nothing without it. */
export interface TargetActivities {
  /** Makes the access real and reads it back; gives up by itself when it may not or cannot, and writes that down. */
  provision(requestId: string): Promise<void>;
  /** Moves the end of the grant that this extension extends. */
  extend(requestId: string): Promise<void>;
}

export interface EndingActivities {
  /** Takes away what is due and reads back that it is gone. Does nothing before its time. */
  end(requestId: string): Promise<void>;
}

/** Registered activities: every one takes one id. */
export type Activities = LedgerActivities & TargetActivities & EndingActivities;

/** Retried for ever: without the ledger nothing can be known, and it will come back. */
export const ledger = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
});

/** A target may be slow or away; the activity itself knows from its rows when to give up. */
export const target = proxyActivities<TargetActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** No limit of any kind: what must end is tried until it has ended. */
export const ending = proxyActivities<EndingActivities>({
  taskQueue: 'tenure-ending',
  startToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});
