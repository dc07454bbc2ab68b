/** The workflow that has the users of a hand-written customer begin. */
export function shapeOnboardingId(id: string): string {
  return `shape-onboarding/${id}`;
}

/** What a person takes to open a welcome's link and say that they are there. */
export const readingMs = 500;
