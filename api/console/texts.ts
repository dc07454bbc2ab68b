/** What the console says, in one place for translation. Sentences that carry facts are functions of them. */
export const texts = {
  skip: 'Skip to content',
  ways: 'Main',
  live: 'live',
  paused: 'updates paused',
  signOut: 'Sign out',
  waiting: 'waiting',
} as const;
