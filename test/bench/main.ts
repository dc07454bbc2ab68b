import { writeFile } from 'node:fs/promises';
import { auditVsInsert } from './audit-vs-insert.ts';
import { endLateness } from './end-lateness.ts';
import { evaluations } from './evaluations.ts';
import { type Figure, judge, type Result } from './harness.ts';
import { lifecycleEvents } from './lifecycle-events.ts';
import { lifecycleVsShape } from './lifecycle-vs-shape.ts';
import { onboardingEvents } from './onboarding-events.ts';
import { onboardingVsShape } from './onboarding-vs-shape.ts';
import { pageFigures } from './pages.ts';
import { policyVsCedar } from './policy-vs-cedar.ts';
import { replan, replanFlat } from './replan.ts';
import { requestVsDirect } from './request-vs-direct.ts';
import { scim } from './scim.ts';
import { whoHadVsProbe } from './who-had-vs-probe.ts';
import { workerKill } from './worker-kill.ts';

/** The goals' order. */
const figures: readonly Figure[] = [
  lifecycleEvents,
  lifecycleVsShape,
  requestVsDirect,
  auditVsInsert,
  whoHadVsProbe,
  endLateness,
  workerKill,
  policyVsCedar,
  onboardingEvents,
  onboardingVsShape,
  replan,
  replanFlat,
  pageFigures,
  evaluations,
  scim,
];

const resultsFile = new URL('results.json', import.meta.url);
const begun = performance.now();

process.exitCode = await main(process.argv.slice(2));

async function main(wanted: readonly string[]): Promise<number> {
  const known = figures.flatMap((figure) => figure.goals.map((goal) => goal.id));
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    process.stderr.write(`There is no figure ${unknown.join(', ')}. There are: ${known.join(', ')}.\n`);
    return 2;
  }
  const isFull = wanted.length > 0;
  const chosen = figures.filter((figure) => !isFull || figure.goals.some((goal) => wanted.includes(goal.id)));
  const results: Result[] = [];
  let failed = 0;
  for (const figure of chosen) {
    try {
      results.push(...(await resultsOf(figure, isFull)));
      await writeFile(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
    } catch (error) {
      failed += 1;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const ids = figure.goals.map((goal) => goal.id).join(', ');
      process.stderr.write(
        `${ids} could not be measured: ${cause instanceof Error ? cause.stack : String(cause)}\n`,
      );
    }
  }
  const missed = results.filter((result) => !result.ok).length;
  process.stdout.write(
    `${results.length} figures in ${seconds()} s, ${missed} missed, ${failed} not measured\n`,
  );
  return missed + failed > 0 ? 1 : 0;
}

async function resultsOf(figure: Figure, isFull: boolean): Promise<Result[]> {
  const name = figure.goals[0]?.id ?? '';
  const say = (text: string) => process.stderr.write(`${seconds().padStart(5)} s  ${name}: ${text}\n`);
  say(isFull ? 'full size' : 'begins');
  const lists = await figure.measure({ isFull, say });
  const results = figure.goals.map((goal, place) => {
    const measured = lists[place] ?? [];
    return judge(goal, Array.isArray(measured) ? { values: measured } : measured);
  });
  for (const result of results) process.stdout.write(`${lineOf(result)}\n`);
  return results;
}

function lineOf({ id, value, goal, ok, min, median, max, runs, curve }: Result): string {
  const spread = `min ${min} median ${median} max ${max}, ${runs} runs`;
  const line = `${id.padEnd(28)} ${String(value).padStart(8)}  goal ${goal.padEnd(8)} ${ok ? 'ok    ' : 'MISSED'} (${spread})`;
  const points = (curve ?? []).map(
    (point) => `\n  ${point.at.padEnd(26)} ${point.value.toFixed(2).padStart(8)}  ${point.unit}`,
  );
  return [line, ...points].join('');
}

function seconds(): string {
  return ((performance.now() - begun) / 1_000).toFixed(0);
}
