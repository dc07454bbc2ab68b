/** How far a page is what is so now, and for how long whoever looks at it is signed in. */
export const texts = {
  asOf: 'as of',
  live: 'live',
  paused: 'updates paused, you see',
  pausedMeans: 'Updates are paused. End times stay right; decisions made since may be missing.',
  stale: 'This has changed since you opened it. What you typed is still here.',
  anew: 'Read it anew',
  sessionEnds: 'You are signed out at',
  isKept: 'What you have typed is kept.',
  stay: 'Stay signed in',
} as const;
