import {
  checkParseSchema,
  type Policy,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  type SchemaJson,
  schemaToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type {
  Decide,
  HoldQuestion,
  HoldVerdict,
  MayHoldMany,
  Sight,
  UseQuestion,
  UseSight,
} from '../domain/policy.ts';
import { mayHoldBy, mayUseBy } from './allow.ts';
import { useAction } from './cedar-input.ts';
import { decideBy } from './decide.ts';
import { mayHoldManyBy } from './hold.ts';
import { type Obligations, readObligations } from './obligations.ts';
import { PolicyLoadError, type PolicyProblem, problemAt, problemsOf, type TextPart } from './problems.ts';
import { sightOf, useSightOf } from './sight.ts';
import { type SilentAction, silentActions, silentOnly } from './silent-action.ts';

/** Policies as they are written: the schema and the policy files, each by its name. */
export interface PolicySource {
  schema: string;
  /** Cedar texts by file name, e.g. `support.cedar`. */
  texts: Record<string, string>;
}

/** One policy, explained. */
export interface PolicyExplanation {
  id: string;
  title: string;
  effect: 'permit' | 'forbid';
  file: string;
  /** The Cedar text, annotations included. */
  text: string;
  /** Null but for a permit of access that is asked for. */
  obligations: Obligations | null;
  /** Of a permit, the one action of those that nobody asks for that it is about; null for all others. */
  permitsOnly: SilentAction | null;
}

/** A policy set that has been checked and can decide. */
export interface PolicySet {
  /** A hash of what the policies and the schema mean: comments, spaces, files and order do not count. */
  version: string;
  source: PolicySource;
  /** By file name, then as they stand in the file. */
  policies: PolicyExplanation[];
  decide: Decide;
  /** May it be held as standing access? */
  mayHold: (question: HoldQuestion) => HoldVerdict;
  mayHoldMany: MayHoldMany;
  /** Whom policies can tell from others who have all else in common. */
  sight: Sight;
  /** May what is held be used now? */
  mayUse: (question: UseQuestion) => HoldVerdict;
  useSight: UseSight;
}

/** Hashes a plain JSON value independently of how it is written; `digestOf` of the crypto room. */
export type Hash = (value: unknown) => string;

interface ParsedPolicy extends PolicyExplanation {
  part: TextPart;
  json: PolicyJson;
}

const schemaFile = 'schema.cedarschema';

/**
 * Checks policies against their schema and makes them ready to decide.
 * @throws PolicyLoadError with every problem found, each with its file, line, column and policy. Refused are syntax and
 * type errors, policies that can never apply, templates, a missing or doubled `@id`, a missing `@title`, annotations
 * that are unknown or cannot be read, and permits of standing access together with something else.
 */
export function loadPolicies(source: PolicySource, hash: Hash): PolicySet {
  const problems: PolicyProblem[] = [];
  const schema = readSchema(source.schema, problems);
  const files = Object.entries(source.texts).sort(([a], [b]) => (a < b ? -1 : 1));
  const parsed = files.flatMap(([file, text]) => readFile(file, text, problems));
  const byId = uniqueById(parsed, problems);
  if (parsed.length === 0 && problems.length === 0) {
    const nothing = { file: files[0]?.[0] ?? '(no file)', source: '', offset: 0, text: '', policyId: null };
    problems.push(
      problemAt(nothing, 0, 'there is no policy', 'a set without a permit would refuse everything'),
    );
  }
  if (schema) problems.push(...typeProblems(source.schema, byId));
  if (!schema || problems.length > 0) throw new PolicyLoadError(problems);

  const policies = Object.fromEntries(parsed.map((policy) => [policy.id, policy.text]));
  const meaning = Object.fromEntries(parsed.map((policy) => [policy.id, policy.json]));
  const version = hash({ schema, policies: meaning });
  const prepared = { version, schema: source.schema, policies };
  const mayHold = mayHoldBy(prepared, parsed);
  const sight = sightOf(meaning);
  return {
    version,
    source,
    policies: parsed.map(({ part: _part, json: _json, ...explanation }) => explanation),
    decide: decideBy(prepared, parsed),
    mayHold,
    mayHoldMany: mayHoldManyBy(mayHold, sight.namesPeople),
    sight,
    mayUse: mayUseBy(prepared, parsed),
    useSight: useSightOf(
      parsed.filter(({ json }) => isAbout(json.action, useAction)).map(({ json }) => json),
    ),
  };
}

function readSchema(text: string, problems: PolicyProblem[]): SchemaJson<string> | null {
  // Only the check says where a fault is; only the conversion gives the meaning that is hashed.
  const check = checkParseSchema(text);
  const answer = check.type === 'success' ? schemaToJson(text) : check;
  if (answer.type === 'success') return answer.json;
  const part = { file: schemaFile, source: text, offset: 0, text, policyId: null };
  problems.push(...answer.errors.flatMap((error) => problemsOf(part, error)));
  return null;
}

function readFile(file: string, text: string, problems: PolicyProblem[]): ParsedPolicy[] {
  const whole: TextPart = { file, source: text, offset: 0, text, policyId: null };
  const answer = policySetTextToParts(text);
  if (answer.type === 'failure') {
    problems.push(...answer.errors.flatMap((error) => problemsOf(whole, error)));
    return [];
  }
  for (const template of answer.policy_templates) {
    problems.push(problemAt(whole, placeOf(template, text), 'templates are not used here', 'write a policy'));
  }
  // Cedar gives the parts in an order of its own.
  return answer.policies
    .map((policy) => ({ file, source: text, offset: placeOf(policy, text), text: policy, policyId: null }))
    .sort((a, b) => a.offset - b.offset)
    .flatMap((part) => readPolicy(part, problems) ?? []);
}

function placeOf(part: string, text: string): number {
  return Math.max(0, text.indexOf(part));
}

const idPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

function readPolicy(unnamed: TextPart, problems: PolicyProblem[]): ParsedPolicy | null {
  const answer = policyToJson(unnamed.text);
  if (answer.type === 'failure') {
    problems.push(...answer.errors.flatMap((error) => problemsOf(unnamed, error)));
    return null;
  }
  // An annotation without a value arrives as null, although its type does not say so.
  const annotations = new Map(
    Object.entries(answer.json.annotations ?? {}).map(([name, value]) => [name, value ?? '']),
  );
  const id = annotations.get('id') ?? '';
  const part = { ...unnamed, policyId: id || null };
  const problem = (annotation: string | null, message: string, help: string | null) => {
    const place = annotation === null ? 0 : Math.max(0, part.text.search(new RegExp(`@${annotation}\\b`)));
    problems.push(problemAt(part, place, message, help));
  };
  if (!id) problem(null, 'a policy must have an @id', 'add e.g. @id("support-read")');
  else if (!idPattern.test(id))
    problem('id', `@id("${id}") is not an id`, 'use small letters, digits and hyphens');
  const title = annotations.get('title')?.trim() ?? '';
  if (!title) problem(null, 'a policy must have a @title', 'say in a sentence what it does');
  const { effect, action } = answer.json;
  const permitsOnly = effect === 'permit' ? silentOnly(namedActions(action)) : null;
  const mixed =
    effect === 'permit' &&
    permitsOnly === null &&
    silentActions.find((id) => namedActions(action).includes(id));
  if (mixed)
    problem(
      null,
      `a permit to ${mixed} cannot be about other actions too`,
      'write two, each with its own @id',
    );
  const kind = permitsOnly ? (`permit to ${permitsOnly}` as const) : effect;
  const obligations = readObligations(kind, annotations, problem);
  return {
    id,
    title,
    effect,
    file: part.file,
    text: part.text,
    obligations,
    permitsOnly,
    part,
    json: answer.json,
  };
}

/** A policy whose head names no action is about all of them. */
function isAbout(action: PolicyJson['action'], id: string): boolean {
  return action.op === 'All' || namedActions(action).includes(id);
}

/** The actions that a policy's head names; none when it is about all. */
function namedActions(action: PolicyJson['action']): string[] {
  if (action.op === 'All') return [];
  const entities = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : [];
  return entities.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id));
}

function uniqueById(parsed: readonly ParsedPolicy[], problems: PolicyProblem[]): Map<string, ParsedPolicy> {
  const byId = new Map<string, ParsedPolicy>();
  for (const policy of parsed) {
    const first = byId.get(policy.id);
    if (!idPattern.test(policy.id)) continue;
    if (first)
      problems.push(problemAt(policy.part, 0, `this @id is also used in ${first.file}`, 'ids are unique'));
    else byId.set(policy.id, policy);
  }
  return byId;
}

function typeProblems(schema: string, byId: ReadonlyMap<string, ParsedPolicy>): PolicyProblem[] {
  const staticPolicies: Record<string, Policy> = Object.fromEntries(
    [...byId].map(([id, policy]) => [id, policy.text]),
  );
  const answer = validate({ schema, policies: { staticPolicies } });
  // Schema and policies have been parsed before, so this would be a fault of Cedar; it must not pass for valid.
  if (answer.type === 'failure') throw new Error('Cedar could not validate the policies.');
  const failed = new Set(answer.validationErrors.map((finding) => finding.policyId));
  // A warning (it can never apply, or its letters only look like others) matters as much, but says less than an error.
  const warnings = answer.validationWarnings.filter((finding) => !failed.has(finding.policyId));
  return [...answer.validationErrors, ...warnings].flatMap(({ policyId, error }) => {
    const policy = byId.get(policyId);
    return policy ? problemsOf(policy.part, error) : [];
  });
}
