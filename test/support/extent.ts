/** `npm run drill` runs whole matrices; `npm test` a sample of each. The only place where a test asks. */
export const isDrill = (process.env['TENURE_DRILL'] ?? '') !== '';

/** How often a random attack is repeated. */
export function rounds(inTest: number, inDrill: number): number {
  return isDrill ? inDrill : inTest;
}

/** Where `npm run drill` gathers what was tried; undefined outside a drill. */
export const drillReportFile = process.env['TENURE_DRILL_REPORT'];

/** Where a run of many tests keeps an empty cluster that each copies; undefined for a single one. */
export const templatesFolder = process.env['TENURE_TEST_TEMPLATES'];

/** Why histories are recorded anew (a sentence for the README), or null: then they are only replayed. */
export const recordingReason: string | null = process.env['TENURE_RECORD_HISTORIES'] || null;
