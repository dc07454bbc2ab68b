import type { Role } from './matrix.ts';

/**
 * What the matrix of pages (test/api/page-matrix.test.ts) needs to know beside a page's rule, which says who is let in at all. A page
 * whose address names nothing needs no row; any other, and every form, fails without one.
 */
export interface PageRow {
  /** What the address names, by the names of its parameters. */
  of?: Readonly<Record<string, Thing>>;
  /** Who may see that, of those whom the rule lets in: for the others it is not there (404). All of them unless given. */
  sees?: readonly Role[];
  /** Of a form: whoever may send it. The first of them does at the end, and it works; nobody else changes anything with it. */
  does?: readonly Role[];
  query?: string;
  /** What is typed. */
  form?: Readonly<Record<string, string>>;
  /** What it answers then, where the scene has no more than that. */
  answers?: number;
  /** Tried by every role in that test instead. */
  elsewhere?: string;
}

/**
 * What addresses name. Each is of Sam's, Northwind's or Acme's, made anew for every row, so that Globex and whoever has no part in it
 * must not find it.
 */
export type Thing =
  | 'waitingRequest'
  | 'heldRequest'
  | 'grant'
  | 'user'
  | 'sam'
  | 'signal'
  | 'alertSource'
  | 'acme'
  | 'acme-env'
  | 'support-engineer'
  | 'roles'
  | '1';

/** Sam's requests for Acme: himself, who may decide, who reads all records, and Acme's administrators. */
const seesRequest: readonly Role[] = ['sam', 'priya', 'omar', 'sita', 'ada', 'anna'];
const request = { of: { id: 'waitingRequest' }, sees: seesRequest } as const;
const held = { of: { id: 'heldRequest' }, sees: seesRequest } as const;
const grant = { of: { grant: 'grant' }, sees: seesRequest } as const;
const acmesRequest = { of: { id: 'waitingRequest' }, sees: ['anna'] } as const;
const user = { of: { person: 'user' }, sees: ['anna'] } as const;
/** A signal about one of Acme's people, and who sends alerts about them: in Acme's panel, and for the vendor's people. */
const signal = { of: { id: 'signal' } } as const;
const alertSource = { of: { id: 'alertSource' } } as const;
const acmes = { sees: ['anna'], does: ['anna'] } as const;
const ours = { does: ['omar'] } as const;
/** Who may end Sam's access to Acme. */
const ends: readonly Role[] = ['priya', 'sita', 'anna'];
const reason = { reason: 'x' };
const query = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';
const operations = 'test/api/pages-operations.test.ts';
const panel = 'test/api/pages-panel.test.ts';
const catalog = 'test/api/pages-catalog.test.ts';

/** By operation. Whoever adds a form, or a page whose address names something, adds a row. */
export const pageRows: Readonly<Record<string, PageRow>> = {
  askOnPage: {
    does: ['sam', 'mei'],
    form: { resource: 'acme-env', entitlement: 'read', period: 'PT1H', ticket: 'NW-1', why: 'x' },
  },
  requestPage: held,
  extensionPage: held,
  revocationPage: held,
  approvalPage: request,
  returnOnPage: { ...held, does: ['sam'] },
  credentialOnPage: { ...held, does: ['sam'] },
  extendOnPage: { ...held, does: ['sam'], form: { period: 'PT1H', why: 'x', ticket: 'NW-1' } },
  revokeOnPage: { ...held, does: ends, form: reason },
  withdrawOnPage: { ...request, does: ['sam'] },
  decideOnPage: {
    ...request,
    does: ['priya', 'anna'],
    form: { decision: 'deny', comment: 'x', digest: 'as it is' },
  },
  grantEndPage: grant,
  endGrantOnPage: { ...grant, does: ends, form: reason },

  addUserOnPage: {
    does: ['anna', 'gus'],
    form: { name: 'Kim', email: 'kim@acme.example', contract_role: 'member' },
  },
  changeUserPage: user,
  changeUserOnPage: { ...user, does: ['anna'], form: { contract_role: 'viewer' } },
  removeUserPage: user,
  removeUserOnPage: { ...user, does: ['anna'] },
  // The first one is on its way.
  inviteUserOnPage: { ...user, does: ['anna'], answers: 409 },
  reinstateUserOnPage: { elsewhere: panel },
  styleOnPage: { elsewhere: panel },
  adminAccessRequestPage: acmesRequest,
  decideOnAdminPage: {
    ...acmesRequest,
    does: ['anna'],
    form: { decision: 'deny', comment: 'x', digest: 'as it is' },
  },
  endAccessOnAdminPage: { of: { id: 'grant' }, sees: ['anna'], does: ['anna'], form: reason },
  changeConsentOnPage: { elsewhere: 'test/api/pages-access.test.ts' },

  personPage: { of: { person: 'sam' }, sees: ['sam', 'omar', 'sita'] },
  inviteStaffOnPage: { of: { person: 'sam' }, does: ['omar'], form: reason },
  exportVendorAccess: { query },
  customerPage: { of: { customer: 'acme' } },
  customerConsentPage: { of: { customer: 'acme' } },
  confirmConsentOverrideOnPage: { elsewhere: catalog },
  customerUserPage: { of: { customer: 'acme' } },
  addCustomerUserOnPage: {
    of: { customer: 'acme' },
    ...ours,
    form: { name: 'Kit', email: 'kit@acme.example', contract_role: 'member', reason: 'x' },
  },
  customerEvidence: { of: { customer: 'acme' }, query },
  resourcePage: { of: { resource: 'acme-env' } },

  catalogListPage: { of: { part: 'roles' } },
  catalogEntryPage: { of: { part: 'roles', key: 'support-engineer' } },
  catalogRemovalPage: { of: { part: 'roles', key: 'support-engineer' } },
  newCatalogEntryPage: { of: { part: 'roles' } },
  catalogRevisionPage: { of: { revision: '1' } },
  catalogReturnPage: { of: { revision: '1' } },
  returnCatalogOnPage: { elsewhere: catalog },
  saveCatalogSettingsOnPage: { elsewhere: catalog },
  addCatalogEntryOnPage: { elsewhere: catalog },
  changeCatalogEntryOnPage: { elsewhere: catalog },
  removeCatalogEntryOnPage: { elsewhere: catalog },

  adminSignalsClosingPage: { ...signal, sees: ['anna'] },
  adminSignalsClose: { ...signal, ...acmes, form: reason },
  adminSignalsConnect: { does: ['anna', 'gus'], form: { kind: 'alert', name: 'x' } },
  adminSignalsRotate: { ...alertSource, ...acmes },
  adminSignalsEnd: { ...alertSource, ...acmes },
  operationsSignalsClosingPage: signal,
  operationsSignalsClose: { ...signal, ...ours, form: reason },
  operationsSignalsConnect: { ...ours, form: { kind: 'alert', name: 'x', organization: 'acme' } },
  operationsSignalsRotate: { ...alertSource, ...ours },
  operationsSignalsEnd: { ...alertSource, ...ours },

  fencePage: { elsewhere: operations },
  releaseFenceOnPage: { elsewhere: operations },
  discardFenceOnPage: { elsewhere: operations },
  taskPage: { elsewhere: operations },
  closeTaskOnPage: { elsewhere: operations },
  eventPage: { elsewhere: operations },
  replayEventOnPage: { elsewhere: operations },
  discardEventOnPage: { elsewhere: operations },
  eventSourcePage: { elsewhere: operations },
  changeEventSourceOnPage: { elsewhere: operations },
  replayEventSourceOnPage: { elsewhere: operations },
  addEventSourceSecretOnPage: { elsewhere: operations },
  processPage: { elsewhere: operations },
  retryProcessOnPage: { elsewhere: operations },
  resendMailOnPage: { elsewhere: operations },
  webhookPage: { elsewhere: operations },
  resendWebhookOnPage: { elsewhere: operations },
  resendDeliveryOnPage: { elsewhere: operations },
  resumeWebhookOnPage: { elsewhere: operations },
  pauseWebhookOnPage: { elsewhere: operations },
  testWebhookOnPage: { elsewhere: operations },
  keepAccessOnPage: { elsewhere: operations },

  // What everybody has of their own: sessions, passkeys and choices. Those of others are not there.
  endSessionOnPage: { elsewhere: 'test/api/pages-account.test.ts' },
  endOtherSessionsOnPage: { elsewhere: 'test/api/pages-account.test.ts' },
  chooseNoticesOnPage: { elsewhere: 'test/api/pages-account.test.ts' },
  renamePasskeyOnPage: { elsewhere: 'test/api/step-up.test.ts' },
  revokePasskeyOnPage: { elsewhere: 'test/api/step-up.test.ts' },
  acceptDomainOnPage: { elsewhere: panel },
};

/** How people sign in is tried by every role in the panel's test. */
export const elsewhere = /^(adminSignIn|staffSignIn)/;

/** Words that stand in somebody's data, who has a page that shows them, and who must never find them anywhere. */
export const marks = {
  /** Why Sam asked for Acme's environment. */
  acme: {
    words: 'mark-of-acme',
    seenBy: ['sam', 'priya', 'sita', 'anna'],
    hiddenFrom: ['mei', 'jonas', 'gus', 'ulla'],
  },
  /** Why Mei asked for Globex'. */
  globex: {
    words: 'mark-of-globex',
    seenBy: ['mei', 'priya', 'sita', 'gus'],
    hiddenFrom: ['sam', 'jonas', 'anna', 'ulla'],
  },
  /** Who sends alerts about each one's people. */
  acmesSource: { words: 'Watch over Acme', seenBy: ['anna', 'omar'], hiddenFrom: ['gus', 'ulla', 'jonas'] },
  globexsSource: {
    words: 'Watch over Globex',
    seenBy: ['gus', 'omar'],
    hiddenFrom: ['anna', 'ulla', 'jonas'],
  },
  acmesUser: { words: 'Markus of Acme', seenBy: ['anna', 'sita'], hiddenFrom: ['gus', 'ulla'] },
  globexsUser: { words: 'Markus of Globex', seenBy: ['gus', 'sita'], hiddenFrom: ['anna', 'ulla'] },
} as const satisfies Record<string, { words: string; seenBy: readonly Role[]; hiddenFrom: readonly Role[] }>;
