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

/** Where a process stands, read from its rows. A workflow acts on this and on nothing else. */
export interface ProcessSituation {
  /** Which story it is; another one's workflow has nothing to do with it. */
  kind: 'onboarding' | 'role-change' | 'offboarding';
  /**
   * `waiting`: its time has not come. `fenced`: what is left of it waits for a second person. `drawing-up`: it becomes facts and a
   * list of people. `bringing-about`, `taking-away`: page by page these people get what they shall hold, or lose it.
   * `undoing`: a step failed for good, everything is taken back. `welcoming`: messages are due. `confirming`: waits for people
   * to say that they are there. `over`: nothing is left to do.
   */
  phase:
    | 'waiting'
    | 'fenced'
    | 'drawing-up'
    | 'bringing-about'
    | 'taking-away'
    | 'undoing'
    | 'welcoming'
    | 'confirming'
    | 'over';
  /** When the next thing happens by itself; of the past: now. ISO 8601 UTC. */
  wakeAt: string;
  /** People to whom this phase has still something to do: the same number again means that nothing went on. */
  left: number;
}

/**
 * Where a customer's events stand: nothing is to be done before `wakeAt` (ISO 8601 UTC); null: before the next event. `start`: but
 * for one of its processes, which is to be carried.
 */
export type CustomerSituation =
  | { phase: 'start'; processId: string; kind: ProcessSituation['kind']; wakeAt: string | null }
  | { phase: 'idle'; wakeAt: string | null };

/** Quick rows in our own ledger. `stop` refuses to run as anything but a part of a workflow. */
export interface LedgerActivities {
  /** Brings the request's state in line with its decisions and the clock, and says where it stands. */
  settle(requestId: string): Promise<Situation>;
  /** The workflow was cancelled in Temporal: writes that down as a revocation by the engine, which is final. */
  stop(requestId: string): Promise<void>;
  /** Brings the process's state in line with its people, its fence and the clock, and says where it stands. */
  assess(processId: string): Promise<ProcessSituation>;
  /**
   * The workflow was cancelled in Temporal: writes that down. What begins people's access is then taken back; what changes or
   * ends it goes on. Refuses to run as anything but a part of a workflow.
   */
  stopProcess(processId: string): Promise<void>;
  /** Takes in a customer's next events, in their order, and writes down what follows from them. */
  customerStep(organizationId: string): Promise<CustomerSituation>;
}

/** Both derive their authority anew from the request's rows, and do nothing without it. */
export interface TargetActivities {
  /** Makes the access real and reads it back; gives up by itself when it may not or cannot, and writes that down. */
  provision(requestId: string): Promise<void>;
  /** Moves the end of the grant that this extension extends. */
  extend(requestId: string): Promise<void>;
}

/** Each does one piece of what the process's rows say is next, and nothing else; twice changes nothing. */
export interface ProcessActivities {
  /** Makes the facts of what was agreed, writes down whom it concerns, and holds back what a fence holds back. */
  drawUp(processId: string): Promise<void>;
  /** Brings one page of people to what they shall hold, and reads it back. */
  bringAbout(processId: string): Promise<void>;
  /** Takes one page of what an onboarding brought about back. */
  undo(processId: string): Promise<void>;
  /** Sends one page of welcomes, or of reminders. */
  welcome(processId: string): Promise<void>;
}

/** The same for what ends: nothing that begins can delay it. */
export interface LeavingActivities {
  drawUp(processId: string): Promise<void>;
  /** Takes everything from one page of people, and reads back that it is gone. */
  takeAway(processId: string): Promise<void>;
}

export interface EndingActivities {
  /** Takes away what is due and reads back that it is gone. Does nothing before its time. */
  end(requestId: string): Promise<void>;
}

/** Registered activities: every one takes one id. */
export type Activities = LedgerActivities &
  TargetActivities &
  EndingActivities &
  ProcessActivities &
  LeavingActivities;

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

/** A page may hold many people on many slow targets; the activity knows from its rows when to give one up. */
export const pages = proxyActivities<ProcessActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** No limit of any kind here either. */
export const leaving = proxyActivities<LeavingActivities>({
  taskQueue: 'tenure-ending',
  startToCloseTimeout: '10m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});
