import type { Catalog, CatalogProblem } from '../../domain/catalog.ts';
import type { z } from 'zod';
import { postgresResourceSettings, postgresTargetSettings } from './postgres/settings.ts';
import { webhookResourceSettings, webhookTargetSettings } from './webhook/settings.ts';

type CatalogResource = Pick<
  Catalog['resources'][number],
  'connector' | 'settings' | 'shared' | 'entitlements'
>;

/** Each kind of connector, with what it wants of a resource's settings beside the target's own. */
const kinds = new Map<string, (resource: CatalogResource) => CatalogProblem[]>([
  ['postgres', postgresProblems],
  ['webhook', ({ settings }) => issues(webhookResourceSettings.safeParse(settings))],
]);

/**
 * What is wrong with how a resource is connected: an unknown connector, or settings that are not the connector's. Paths
 * begin at the resource. To be asked before a catalog comes into force; what passes here a connector can read.
 */
export function connectionProblems(resource: CatalogResource): CatalogProblem[] {
  const check = kinds.get(resource.connector);
  if (check) return check(resource);
  const known = [...kinds.keys()].join(', ');
  return [
    { path: ['connector'], detail: `There is no connector ${resource.connector}; there are ${known}.` },
  ];
}

/** Each kind of connector, with what it wants of a target. */
const targets = new Map<string, z.ZodType>([
  ['postgres', postgresTargetSettings],
  ['webhook', webhookTargetSettings],
]);

/** The kinds of connectors that there are. */
export const connectorKinds = [...kinds.keys()];

/** What is wrong with where a target is said to be; none where its connector can read it. Paths begin at what was said. */
export function targetProblems(connector: string, endpoint: unknown): CatalogProblem[] {
  const found = targets.get(connector)?.safeParse(endpoint).error?.issues ?? [];
  return found.map(({ path, message }) => ({ path: path.map(placeOf), detail: message }));
}

function postgresProblems({ settings, shared, entitlements }: CatalogResource): CatalogProblem[] {
  const parsed = postgresResourceSettings.safeParse(settings);
  if (!parsed.success) return issues(parsed);
  const { roles, scoped } = parsed.data;
  const problems = entitlements
    .filter(({ key }) => !Object.hasOwn(roles, key))
    .map(({ key }) => ({
      path: ['settings', 'roles'],
      detail: `No database role is named for the entitlement ${key}.`,
    }));
  if (scoped === shared) return problems;
  const detail = shared
    ? 'Must be true: customers share the resource, so each grant is confined to one of them.'
    : "Must be false: the resource is one customer's, so there is none to confine a grant to.";
  return [...problems, { path: ['settings', 'scoped'], detail }];
}

function issues(parsed: z.ZodSafeParseResult<unknown>): CatalogProblem[] {
  const found = parsed.error?.issues ?? [];
  return found.map(({ path, message }) => ({
    path: ['settings', ...path.map(placeOf)],
    detail: message,
  }));
}

function placeOf(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}
