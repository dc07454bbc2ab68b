import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What others must know of the workflows to start and wake them. Plain names and types; nothing here runs in a workflow only. */

export const taskQueues = {
  main: 'tenure',
  /** Ends have workers of their own, so that nothing that begins can delay them. */
  ending: 'tenure-ending',
} as const;

/**
 * Every workflow type, by what it carries: an access request, a process (`domain/process.ts`) of one of three kinds, or a
 * customer's contract.
 */
export const workflowTypes = {
  request: 'elevatedAccess',
  onboarding: 'onboarding',
  'role-change': 'roleChange',
  offboarding: 'offboarding',
  customer: 'customer',
} as const;
export type Story = keyof typeof workflowTypes;

/** Wake-ups of a request. Each carries the id of one row, which is not trusted: the workflow reads the ledger. */
export const wakeUpSignals = ['approve', 'deny', 'extend', 'revoke', 'return', 'cancel'] as const;

/**
 * Wake-ups of a process or a customer: something new is in the rows, a welcome was confirmed, what a fence held was released
 * or discarded. Each carries the id of one row, which is not trusted either.
 */
export const processSignals = ['nudge', 'confirm', 'release', 'discard'] as const;

/** Run n of a request's process; n grows when a process had to be started again. */
export function requestWorkflowId(requestId: string, run: number): string {
  return workflowId('request', requestId, run);
}

/** The id under which run n of a story carries the row of that id: `request/…`, `process/…` or `customer/<id>/<n>`. */
export function workflowId(story: Story, subjectId: string, run: number): string {
  const place = story === 'request' || story === 'customer' ? story : 'process';
  return `${place}/${subjectId}/${run}`;
}

/** For Temporal's own list: ids and states only, no personal data. Registered by temporal-dev.yml, checked at start-up. */
export const tenureOrganization = defineSearchAttributeKey('TenureOrganization', SearchAttributeType.KEYWORD);
/**
 * Of a request `asked` until access begins, then `held`; of a process `waiting`, `fenced`, `running` or `confirming`; of a
 * customer `open`. How it ended is the workflow's own status and, exactly, the ledger's.
 */
export const tenureState = defineSearchAttributeKey('TenureState', SearchAttributeType.KEYWORD);
export const tenureUntil = defineSearchAttributeKey('TenureUntil', SearchAttributeType.DATETIME);
