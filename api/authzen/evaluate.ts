import type { HoldVerdict, UseQuestion, UseSight } from '../../domain/policy.ts';
import type { Entry, Usable } from './entry.ts';
import { callOf, customerOf, type Question } from './question.ts';
import type { Known, WorkingSet } from './working-set.ts';

/** What the answer says beside yes or no. */
export interface AnswerContext {
  reason:
    | 'granted'
    | 'role-held'
    | 'feature-on'
    | 'no-grant'
    | 'customer-needed'
    | 'suspended'
    | 'refused-by-policy'
    | 'unknown-subject';
  /** The grant that allows it, how it came about, and until when at the latest. ISO 8601 UTC. */
  grant_id?: string;
  origin?: Usable['origin'];
  until?: string;
  /** Of a refusal by policy: which, and of what version. */
  policies?: HoldVerdict['policies'];
  policy_version?: string;
  /** Nothing that was committed before this instant is missing. ISO 8601 UTC. */
  as_of?: string;
}

/** An answer (AuthZEN Authorization API 1.0, section 6.2). */
export class Answer {
  #text: string | undefined;

  constructor(
    readonly decision: boolean,
    readonly context: AnswerContext,
  ) {}

  /** As JSON, made once however often it is given. */
  get text(): string {
    this.#text ??= JSON.stringify(this);
    return this.#text;
  }
}

/** What answers come from. */
export interface Evaluator {
  /** An answer at once from what is in memory, or null when the ledger has to be asked. */
  recall(question: Question): Answer | null;
  /** An answer by the ledger. `exact`: by a reading of its own. @throws what the ledger throws */
  read(question: Question, exact: boolean): Promise<Answer>;
}

type MayUse = (question: UseQuestion) => HoldVerdict;

/** The types of what is asked about that are no resources of the catalog. */
const featureType = 'feature';
const roleType = 'role';
/** A resource may be named by this type or by its own kind. */
const anyResource = 'resource';
const subjectTypes = ['person', 'user'];

/**
 * Answers from live grants, roles, tier, features and policy. A grant past its end says no, whatever else is behind: its end is
 * compared with the clock each time.
 */
export function createEvaluator(set: WorkingSet, policy: { mayUse: MayUse; sight: UseSight }): Evaluator {
  const verdictOn = verdictBy(policy.mayUse, policy.sight);

  function answer(known: Known, question: Question): Answer {
    const { entry, nowMs, asOf } = known;
    if (entry.facts.person.suspended) return no('suspended', asOf);
    const { resource, action } = question;
    if (resource.type === roleType)
      return action.name === 'hold' && entry.facts.person.roles.includes(resource.id)
        ? yes('role-held', asOf)
        : no('no-grant', asOf);
    if (resource.type === featureType)
      return action.name === 'use' &&
        Object.hasOwn(entry.features, resource.id) &&
        entry.features[resource.id]
        ? yes('feature-on', asOf)
        : no('no-grant', asOf);
    return onResource(entry, question, nowMs, asOf);
  }

  function onResource(entry: Entry, question: Question, nowMs: number, asOf: string): Answer {
    const held = entry.grants.get(question.resource.id)?.get(question.action.name) ?? [];
    const customer = customerOf(question);
    let refused: Answer | null = null;
    for (const grant of held) {
      if (nowMs < grant.fromMs || nowMs >= grant.untilMs || !isOfType(grant, question.resource.type))
        continue;
      // Several customers' data lie there: a yes for one of them must not pass for all.
      if (customer === undefined && grant.resource.shared) return no('customer-needed', asOf);
      if (customer !== undefined && !isOf(grant, customer)) continue;
      const { allowed, policies, policyVersion } = verdictOn(entry, grant, question, nowMs);
      if (allowed) return granted(grant, asOf);
      const context = {
        reason: 'refused-by-policy',
        policies,
        policy_version: policyVersion,
        as_of: asOf,
      } as const;
      refused = new Answer(false, context);
    }
    return refused ?? no('no-grant', asOf);
  }

  return {
    recall(question) {
      if (!subjectTypes.includes(question.subject.type)) return unknownSubject;
      const known = set.recall(nameOf(question));
      return known ? answer(known, question) : null;
    },
    async read(question, exact) {
      if (!subjectTypes.includes(question.subject.type)) return unknownSubject;
      const known = await set.read(nameOf(question), exact);
      return known ? answer(known, question) : unknownSubject;
    },
  };
}

/** E-mail addresses are the same whatever their case; ids have none. */
function nameOf({ subject }: Question): string {
  return subject.id.toLowerCase();
}

function isOfType({ resource }: Usable, type: string): boolean {
  return type === anyResource || type === resource.kind;
}

function isOf({ organization }: Usable, customer: string): boolean {
  return organization.key === customer || organization.id === customer;
}

/** Asks policy, once a grant where the answer depends on facts alone: they are read anew whenever one of them changes. */
function verdictBy(mayUse: MayUse, { readsCall, readsTime }: UseSight) {
  const isLasting = !readsCall && !readsTime;
  return (entry: Entry, grant: Usable, question: Question, nowMs: number): HoldVerdict => {
    if (isLasting && grant.verdict) return grant.verdict;
    const verdict = mayUse({
      person: entry.facts.person,
      resource: grant.resource,
      organization: grant.organization,
      entitlement: grant.entitlement,
      origin: grant.origin,
      signals: entry.facts.signals,
      now: new Date(nowMs).toISOString(),
      ...callOf(question),
    });
    if (isLasting) grant.verdict = verdict;
    return verdict;
  };
}

/** The same answer until somebody has looked again. */
function granted(grant: Usable, asOf: string): Answer {
  if (grant.yes?.context.as_of === asOf) return grant.yes;
  const { id, origin, until } = grant;
  grant.yes = new Answer(true, { reason: 'granted', grant_id: id, origin, until, as_of: asOf });
  return grant.yes;
}

function yes(reason: AnswerContext['reason'], asOf: string): Answer {
  return new Answer(true, { reason, as_of: asOf });
}

function no(reason: AnswerContext['reason'], asOf: string): Answer {
  return new Answer(false, { reason, as_of: asOf });
}

const unknownSubject = new Answer(false, { reason: 'unknown-subject' });
