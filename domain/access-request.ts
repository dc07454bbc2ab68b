import { assertNever } from './errors.ts';

export const requestKinds = ['access', 'extension'] as const;
export type RequestKind = (typeof requestKinds)[number];

export const requestStates = [
  'waiting',
  'approved',
  'granted',
  'denied',
  'lapsed',
  'cancelled',
  'refused',
  'failed',
] as const;
export type RequestState = (typeof requestStates)[number];

/** A request that will never change again by a decision; `granted` goes on in its grant. */
export function isSettled(state: RequestState): boolean {
  switch (state) {
    case 'waiting':
    case 'approved':
      return false;
    case 'granted':
    case 'denied':
    case 'lapsed':
    case 'cancelled':
    case 'refused':
    case 'failed':
      return true;
    default:
      return assertNever(state);
  }
}

export type Verb = 'approve' | 'deny';
export type StageState = 'waiting' | 'approved' | 'denied';

/** One stage of approval: `needed` distinct people who hold the stage's role in its organization must approve. */
export interface StageRule {
  id: string;
  needed: number;
}

export interface StageDecision {
  stageId: string;
  personId: string;
  decision: Verb;
}

export interface Settlement {
  state: 'waiting' | 'approved' | 'denied';
  stages: { id: string; state: StageState }[];
}

/**
 * Settles a request from its stages and the decisions so far. All stages run side by side; one denial denies the
 * request, and it is approved when every stage has its number of approvals by distinct people, each person counting
 * once in the whole request. A request without stages is approved.
 */
export function settle(stages: readonly StageRule[], decisions: readonly StageDecision[]): Settlement {
  const counted = new Map<string, StageDecision>();
  for (const decision of decisions) {
    if (!counted.has(decision.personId)) counted.set(decision.personId, decision);
  }
  const settled = stages.map((stage) => ({ id: stage.id, state: stageState(stage, [...counted.values()]) }));
  if (settled.some((stage) => stage.state === 'denied')) return { state: 'denied', stages: settled };
  const approved = settled.every((stage) => stage.state === 'approved');
  return { state: approved ? 'approved' : 'waiting', stages: settled };
}

function stageState(stage: StageRule, decisions: readonly StageDecision[]): StageState {
  const here = decisions.filter((decision) => decision.stageId === stage.id);
  if (here.some((decision) => decision.decision === 'deny')) return 'denied';
  return here.length >= stage.needed ? 'approved' : 'waiting';
}
