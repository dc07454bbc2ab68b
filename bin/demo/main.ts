import { startInstallation } from './installation.ts';
import { play, type Step } from './story.ts';

// The story of one access, played on a real installation of the demo's own. Exit 1 if a step is not so.

const allSteps = 13;
const isJson = process.argv.includes('--json');

function print(step: Step): void {
  const line = isJson
    ? JSON.stringify({ ...step, at: new Date().toISOString() })
    : `${step.ok ? 'ok' : 'NOT SO'} ${step.id} ${step.sentence}: ${step.proof}`;
  process.stdout.write(`${line}\n`);
}

let played = 0;
let so = 0;
if (!isJson) process.stderr.write("Starting a Tenure of the demo's own …\n");
try {
  const installation = await startInstallation();
  try {
    for await (const step of play(installation)) {
      print(step);
      played += 1;
      if (step.ok) so += 1;
    }
  } finally {
    await installation.stop();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
if (!isJson) process.stdout.write(`${played} steps, ${so} so, ${played - so} not so\n`);
process.exitCode = so === allSteps ? 0 : 1;
