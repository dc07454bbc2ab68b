import { periodMs } from '../domain/period.ts';
import { type NeedKind, needKinds, type PolicyVerdict, type StageNeed } from '../domain/policy.ts';
import { didYouMean } from './problems.ts';
import type { SilentAction } from './silent-action.ts';

export type Need = PolicyVerdict['needs'][number];

/** What a permit asks in return, read from its annotations. */
export interface Obligations {
  /** The longest period it allows, in milliseconds. */
  longestMs: number;
  needs: Need[];
  /** How fresh the sign-in must be, in milliseconds; null where that is not asked. */
  freshMs: number | null;
  stages: StageNeed[];
  reported: boolean;
}

/** Something wrong with one annotation of a policy. */
export type AnnotationProblem = (annotation: string | null, message: string, help: string | null) => void;

/** Those that `@needs` names; the third one is `@fresh`. */
const namedKinds: readonly NeedKind[] = ['mfa', 'ticket'];
const plainAnnotations = ['id', 'title'];
const permitAnnotations = [
  ...plainAnnotations,
  'longest',
  'needs',
  'asks_mfa',
  'asks_ticket',
  'fresh',
  'asks_fresh',
  'approval',
  'asks',
  'reported',
];
const defaultWords: Record<NeedKind, string> = {
  mfa: 'Sign in with a second factor.',
  fresh: 'Show once more that it’s you.',
  ticket: 'Name the ticket that this is for.',
};

type Annotations = ReadonlyMap<string, string>;

/**
 * Reads a policy's annotations and tells `problem` about each that is wrong. A permit has `@longest` and may have
 * `@needs("mfa ticket")` with words in `@asks_mfa` and `@asks_ticket`, `@fresh("PT15M")` with words in `@asks_fresh`, `@approval("2 support-lead of vendor, …")` with
 * its words in `@asks` (one sentence a stage, separated by ` | `), and `@reported`. A forbid has none of these, nor has a
 * permit to hold or to use: standing access ends with its contract or at its review, use with what is held, and nobody is asked.
 * @returns null for these two.
 */
export function readObligations(
  kind: 'permit' | 'forbid' | `permit to ${SilentAction}`,
  annotations: Annotations,
  problem: AnnotationProblem,
): Obligations | null {
  const known = kind === 'permit' ? permitAnnotations : plainAnnotations;
  for (const name of annotations.keys()) {
    if (known.includes(name)) continue;
    const elsewhere = permitAnnotations.includes(name);
    if (elsewhere) problem(name, `@${name} has no meaning on a ${kind}`, 'remove it');
    else problem(name, `unknown annotation @${name}`, didYouMean(name, known));
  }
  if (kind !== 'permit') return null;
  return {
    longestMs: readLongest(annotations, problem),
    ...withFresh(readNeeds(annotations, problem), readFresh(annotations, problem), annotations),
    stages: readStages(annotations, problem),
    reported: readReported(annotations, problem),
  };
}

/** Where several permits apply: the shortest periods, every need, every stage with its largest count. */
export function strictest(several: readonly Obligations[]): Obligations {
  const needs = new Map<NeedKind, Need>();
  const stages = new Map<string, StageNeed>();
  for (const one of several) {
    for (const need of one.needs) if (!needs.has(need.kind)) needs.set(need.kind, need);
    for (const stage of one.stages) {
      const known = stages.get(stage.name);
      if (!known || known.needed < stage.needed) stages.set(stage.name, stage);
    }
  }
  const fresh = several.flatMap(({ freshMs }) => freshMs ?? []);
  return {
    longestMs: Math.min(...several.map((one) => one.longestMs)),
    freshMs: fresh.length > 0 ? Math.min(...fresh) : null,
    needs: needKinds.flatMap((kind) => needs.get(kind) ?? []),
    stages: [...stages.values()],
    reported: several.some((one) => one.reported),
  };
}

function readLongest(annotations: Annotations, problem: AnnotationProblem): number {
  const text = annotations.get('longest');
  if (text === undefined) {
    problem(null, 'a permit must say how long the access may last', 'add e.g. @longest("PT4H")');
    return 0;
  }
  const ms = periodMs(text);
  if (ms === null) {
    const help = 'an ISO 8601 period without years and months, e.g. "PT4H" or "P1D"';
    problem('longest', `@longest("${text}") is not a period`, help);
  }
  return ms ?? 0;
}

function readNeeds(annotations: Annotations, problem: AnnotationProblem): Need[] {
  const words = (annotations.get('needs') ?? '').split(/\s+/).filter((word) => word !== '');
  if (annotations.has('needs') && words.length === 0)
    problem('needs', '@needs names nothing', didYouMean('', namedKinds));
  for (const word of words) {
    if (!namedKinds.some((kind) => kind === word))
      problem('needs', `@needs knows no \`${word}\``, didYouMean(word, namedKinds));
  }
  for (const kind of namedKinds) {
    if (annotations.has(`asks_${kind}`) && !words.includes(kind)) {
      problem(
        `asks_${kind}`,
        `@asks_${kind} has words for a need that is not there`,
        `add ${kind} to @needs`,
      );
    }
  }
  return namedKinds
    .filter((kind) => words.includes(kind))
    .map((kind) => ({ kind, text: annotations.get(`asks_${kind}`) || defaultWords[kind] }));
}

function readFresh(annotations: Annotations, problem: AnnotationProblem): number | null {
  const text = annotations.get('fresh');
  if (text === undefined) {
    if (annotations.has('asks_fresh'))
      problem('asks_fresh', '@asks_fresh has words for a need that is not there', 'add @fresh or remove it');
    return null;
  }
  const ms = periodMs(text);
  if (ms !== null) return ms;
  const help = 'an ISO 8601 period without years and months, e.g. "PT15M"';
  problem('fresh', `@fresh("${text}") is not a period`, help);
  return 0;
}

function withFresh(needs: Need[], freshMs: number | null, annotations: Annotations) {
  if (freshMs === null) return { needs, freshMs };
  const fresh: Need = { kind: 'fresh', text: annotations.get('asks_fresh') || defaultWords.fresh };
  return { needs: [...needs, fresh], freshMs };
}

const stagePattern = /^(?:([1-9]\d?) )?([a-z0-9]+(?:-[a-z0-9]+)*) of (vendor|customer)$/;

function readStages(annotations: Annotations, problem: AnnotationProblem): StageNeed[] {
  const spec = annotations.get('approval');
  const words = annotations
    .get('asks')
    ?.split('|')
    .map((sentence) => sentence.trim());
  if (spec === undefined) {
    if (words)
      problem('asks', '@asks has words for an approval that is not there', 'add @approval or remove it');
    return [];
  }
  const specs = spec.split(',').map((one) => one.trim());
  if (words && (words.length !== specs.length || words.includes(''))) {
    problem(
      'asks',
      `@asks must have one sentence for each of ${specs.length} stage(s)`,
      'separate them by " | "',
    );
  }
  const stages = specs.flatMap((one, index) => readStage(one, words?.[index], problem) ?? []);
  if (new Set(stages.map((stage) => stage.name)).size < stages.length) {
    problem(
      'approval',
      '@approval names one stage twice',
      'write a number before it instead, e.g. "2 support-lead of vendor"',
    );
  }
  return stages;
}

function readStage(spec: string, words: string | undefined, problem: AnnotationProblem): StageNeed | null {
  const [, count, roleKey, of] = stagePattern.exec(spec) ?? [];
  if (roleKey === undefined || (of !== 'vendor' && of !== 'customer')) {
    const help = 'write "<role> of vendor" or "2 <role> of customer", several separated by commas';
    problem('approval', `@approval cannot be read: \`${spec}\``, help);
    return null;
  }
  const needed = Number(count ?? 1);
  const text = words || `${needed} ${roleKey.replaceAll('-', ' ')} of the ${of} must approve.`;
  return { name: `${roleKey} of ${of}`, roleKey, of, needed, text };
}

function readReported(annotations: Annotations, problem: AnnotationProblem): boolean {
  const value = annotations.get('reported');
  if (value) problem('reported', '@reported takes no value', 'write @reported alone');
  return value !== undefined;
}
