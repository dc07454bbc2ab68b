import type { Executor } from '../../db/client.ts';
import {
  conflictsOfPeople,
  readOrganizationsOf,
  readPeopleGroups,
  readPolicyFacts,
} from '../../db/queries/catalog-people.ts';
import { catalogInvalid } from '../../db/queries/catalog-write.ts';
import type { Catalog, CatalogProblem, Json } from '../../domain/catalog.ts';
import { type CatalogChange, changeInWords } from '../../domain/catalog-changes.ts';
import { type CountedEffect, effectInWords } from '../../domain/catalog-effect.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { gainOf, impactOn } from '../../domain/catalog-impact.ts';
import { readCatalog } from '../../domain/catalog.schema.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal } from '../transact.ts';

/** One thing of the catalog that comes, goes or becomes another, with its sentence. */
export interface ChangeView {
  kind: CatalogChange['kind'];
  noun: CatalogChange['noun'];
  key: string;
  sentence: string;
  /** Texts as they are and anything else as JSON; null on the side on which it is not there. */
  fields: { field: string; before: string | null; after: string | null }[];
}

/** What people gain or lose by it, each counted once. */
export interface EffectView extends CountedEffect {
  sentence: string;
}

/** Bodies nest as deep as a catalog does, and some more. */
const deepest = 64;

/**
 * Reads what was sent as a catalog.
 * @throws TenureError `catalog-invalid` with everything in it that is not in a catalog's form
 */
export function catalogOf(document: unknown): Catalog {
  const problems = isTooDeep(document) ? [tooDeep] : null;
  const read = problems ? { catalog: null, problems } : readCatalog(document);
  if (!read.catalog) throw catalogInvalid(read.problems ?? []);
  return read.catalog;
}

const tooDeep: CatalogProblem = { path: [], detail: `It nests deeper than ${deepest} levels.` };

/** Walked level by level: what nests too deep for us may nest too deep for a stack as well. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** What is needed to ask what policy lets people hold. */
export type HoldingDeps = Pick<ApiDeps, 'holding'>;

/**
 * Who gains and loses what, as far as policy lets it be held, in which organizations, when the one catalog follows the other now,
 * and what speaks against it.
 */
export async function impactOfChange(
  { holding }: HoldingDeps,
  tx: Executor,
  before: Catalog,
  after: Catalog,
) {
  const { mayHoldMany, sight } = holding;
  const { groups, now } = await readPeopleGroups(tx, { singly: sight.namesPeople });
  const facts = { ...(await readPolicyFacts(tx, [before, after])), mayHoldMany, sight, at: now };
  const { effects, affected, touched, moved } = impactOn(before, after, groups, facts);
  const organizations = affected.length > 0 ? await readOrganizationsOf(tx, affected) : [];
  return {
    now,
    affected,
    touched,
    moved,
    /** How many people hold anything by roles at all, or could. */
    people: groups.reduce((sum, group) => sum + group.people, 0),
    organizations,
    effects: effects.map((one): EffectView => ({ ...one, sentence: effectInWords(one) })),
    problems: conflictsOfPeople(before, after, groups, now),
  };
}

/** A change as it is answered: in a sentence, and field by field. */
export function changeView(change: CatalogChange): ChangeView {
  const { kind, noun, key } = change;
  const fields = change.fields.map(({ field, before, after }) => ({
    field,
    before: textOf(before),
    after: textOf(after),
  }));
  return { kind, noun, key, sentence: changeInWords(change), fields };
}

function textOf(value: Json | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * What the author would get by their own edit: duties, entitlements by roles that they hold, whether or not policy lets them be
 * held today, and what policy comes to let them hold because a resource has another region, classification or place. Somebody
 * else has to decide that.
 */
export async function ownGain(
  { holding }: HoldingDeps,
  tx: Executor,
  caller: PersonPrincipal,
  { before, after }: { before: Catalog; after: Catalog },
): Promise<string[]> {
  const { mayHoldMany, sight } = holding;
  const held = caller.roles.map((one) => one.key);
  const had = new Set([...entitlementNames(before, held), ...dutiesOf(before, held)]);
  const byRoles = [...entitlementNames(after, held), ...dutiesOf(after, held)].filter(
    (name) => !had.has(name),
  );
  const { groups, now } = await readPeopleGroups(tx, { singly: true, person: caller.personId });
  const facts = { ...(await readPolicyFacts(tx, [before, after])), mayHoldMany, sight, at: now };
  const byPolicy = groups.flatMap((one) => gainOf(before, after, one, facts));
  return [...new Set([...byRoles, ...byPolicy])];
}

function dutiesOf({ roles }: Catalog, held: readonly string[]): string[] {
  const duties = roles.flatMap((one) => (held.includes(one.key) ? one.duties : []));
  return [...new Set(duties)].map((duty) => `the duty ${duty}`);
}

/** The sentence about it. */
export function ownGainInWords(gained: readonly string[]): string {
  return `You would give yourself ${gained.join(', ')}: somebody else has to apply it.`;
}

/** Nobody gives access to themselves, by an edit of the catalog neither: refused, and recorded once. */
export function refuseOwnGain(caller: PersonPrincipal, gained: readonly string[], revision: number): void {
  if (gained.length === 0) return;
  throw new AuditedRefusal(new TenureError('self-approval', ownGainInWords(gained)), {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: 'catalog_revision', id: String(revision) },
    organizationId: caller.organization.id,
    holderOrganizationId: caller.organization.id,
    reason: 'catalog: self-approval',
  });
}
