import type { DetailedError, SourceLocation } from '@cedar-policy/cedar-wasm/nodejs';

/** One thing that is wrong with a policy text, and where. Lines and columns count from 1. */
export interface PolicyProblem {
  file: string;
  policyId: string | null;
  line: number;
  column: number;
  message: string;
  /** What to do about it, e.g. `did you mean `tier`?`. */
  help: string | null;
}

/** A policy set that was refused when it was loaded. Nothing of it is in force. */
export class PolicyLoadError extends Error {
  override readonly name = 'PolicyLoadError';
  constructor(readonly problems: readonly PolicyProblem[]) {
    super(`The policies cannot be loaded:\n${problems.map(problemText).join('\n')}`);
  }
}

/** A part of a file: one policy, or the whole of it. */
export interface TextPart {
  file: string;
  /** The whole file. */
  source: string;
  /** Where the part begins, in UTF-16 code units. */
  offset: number;
  /** The part itself. */
  text: string;
  policyId: string | null;
}

/** A problem at a place of the part, in UTF-16 code units from the part's beginning. */
export function problemAt(
  part: TextPart,
  index: number,
  message: string,
  help: string | null,
): PolicyProblem {
  const before = part.source.slice(0, part.offset + index).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { file: part.file, policyId: part.policyId, line: before.length, column, message, help };
}

/** Cedar's own findings about a part, each with those it is related to, as problems. */
export function problemsOf(part: TextPart, error: DetailedError): PolicyProblem[] {
  const place = error.sourceLocations?.[0];
  const label = place?.label ? `; ${place.label}` : '';
  const message = `${error.message.replace(/^for policy `[^`]*`, /, '')}${label}`;
  const own = problemAt(part, place ? codeUnits(part.text, place) : 0, message, error.help);
  return [own, ...(error.related ?? []).flatMap((related) => problemsOf(part, related))];
}

/** `did you mean …?` for the known word that is at most two letters away, or the list of all known words. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest && nearest.distance <= 2) return `did you mean \`${nearest.candidate}\`?`;
  return `known are: ${known.join(', ')}`;
}

function problemText(problem: PolicyProblem): string {
  const policy = problem.policyId === null ? '' : ` policy \`${problem.policyId}\`:`;
  const help = problem.help === null ? '' : ` (${problem.help})`;
  return `  ${problem.file}:${problem.line}:${problem.column}:${policy} ${problem.message}${help}`;
}

// Cedar counts bytes of the UTF-8 form.
function codeUnits(text: string, place: SourceLocation): number {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder().decode(bytes.subarray(0, place.start)).length;
}

/** The number of letters to insert, remove or replace (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
