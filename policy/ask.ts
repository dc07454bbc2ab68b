import { setFlagsFromString } from 'node:v8';
import { type Response, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { CedarInput } from './cedar-input.ts';
import type { Obligations } from './obligations.ts';
import type { SilentAction } from './silent-action.ts';
import { type Prepared, slotOf } from './slots.ts';

// Of a process that has answered some hundred thousand questions, V8 11.3 (Node 20) takes a call of Cedar into the function that makes
// it, and dies with "unreachable code" when it has to give that up. Called by the usual way it costs nothing that can be measured.
setFlagsFromString('--no-turbo-inline-js-wasm-calls');

/** One policy as deciding needs it. */
export interface Rule {
  id: string;
  title: string;
  /** Null but for a permit of access that is asked for. */
  obligations: Obligations | null;
  /** Of a permit, the one action of those that nobody asks for that it is about; null for all others. */
  permitsOnly: SilentAction | null;
}

/**
 * Cedar's answer, or null when it gives none: the question does not fit the schema (an unknown entitlement, a malformed
 * instant), or cannot be handed to it.
 */
export function ask(prepared: Prepared, input: CedarInput): Response | null {
  try {
    const slot = slotOf(prepared);
    const answer = statefulIsAuthorized({
      ...input,
      preparsedPolicySetId: slot,
      preparsedSchemaName: slot,
      validateRequest: true,
    });
    return answer.type === 'success' ? answer.response : null;
  } catch {
    // Text that is not well-formed Unicode cannot be handed to Cedar at all; it throws instead of answering.
    return null;
  }
}

/** Finds rules by the ids that Cedar answers with, in the order of the rules: its own is none. */
export function ruleFinder(rules: readonly Rule[]): (ids: readonly string[]) => Rule[] {
  const places = new Map(rules.map((rule, place) => [rule.id, place]));
  return (ids) =>
    ids
      .map((id) => places.get(id) ?? -1)
      .sort((a, b) => a - b)
      .flatMap((place) => rules[place] ?? []);
}

/** Policies as every verdict names them. */
export function named(rules: readonly Rule[]): { id: string; title: string }[] {
  return rules.map(({ id, title }) => ({ id, title }));
}
