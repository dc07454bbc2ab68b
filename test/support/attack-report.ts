import { appendFile } from 'node:fs/promises';
import { drillReportFile } from './extent.ts';

/** One line of the table that ends `npm run drill`. */
export interface AttackLine {
  /** What is attacked, in few words; lines of one attack stand together. */
  attack: string;
  /** What was done. */
  tried: string;
  /** What came of it, with its numbers. */
  found: string;
}

/** Notes what a test tried and found; called when its expectations have held. Does nothing outside a drill. */
export async function noteAttack(line: AttackLine): Promise<void> {
  // One short write appends whole lines, also when several test files do it at once.
  if (drillReportFile) await appendFile(drillReportFile, `${JSON.stringify(line)}\n`);
}
