/** The console's and the panel's pages; they have tests of their own (test/api/pages.test.ts, test/api/pages-browser.test.ts). */
export const pages = {
  reading: [
    'homePage',
    'askPage',
    'requestPage',
    'extensionPage',
    'revocationPage',
    'approvalsPage',
    'approvalPage',
  ],
  panel: ['adminUsersPage', 'addUserPage', 'changeUserPage', 'removeUserPage'],
  writing: [
    'askOnPage',
    'returnOnPage',
    'withdrawOnPage',
    'credentialOnPage',
    'extendOnPage',
    'revokeOnPage',
    'decideOnPage',
    'addUserOnPage',
    'changeUserOnPage',
    'removeUserOnPage',
    'inviteUserOnPage',
  ],
  files: ['getAsset'],
} as const;
