import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What others must know of the workflows to start and wake them. Plain names and types; nothing here runs in a workflow only. */

export const taskQueues = {
  main: 'tenure',
  /** Ends have workers of their own, so that nothing that begins can delay them. */
  ending: 'tenure-ending',
} as const;

export const elevatedAccessType = 'elevatedAccess';

/** Wake-ups. Each carries the id of one row, which is not trusted: the workflow reads the ledger. */
export const wakeUpSignals = ['approve', 'deny', 'extend', 'revoke', 'return', 'cancel'] as const;

/** Run n of a request's process; n grows when a process had to be started again. */
export function requestWorkflowId(requestId: string, run: number): string {
  return `request/${requestId}/${run}`;
}

/** For Temporal's own list: ids and states only, no personal data. Registered by temporal-dev.yml, checked at start-up. */
export const tenureOrganization = defineSearchAttributeKey('TenureOrganization', SearchAttributeType.KEYWORD);
/** `asked` until access begins, then `held`; how it ended is the workflow's own status and, exactly, the ledger's. */
export const tenureState = defineSearchAttributeKey('TenureState', SearchAttributeType.KEYWORD);
export const tenureUntil = defineSearchAttributeKey('TenureUntil', SearchAttributeType.DATETIME);
