import { createRoute, type OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { ProblemCode } from '../domain/errors.ts';
import type { ApiEnv } from './env.ts';
import { authorize } from './guards/authorize.ts';
import { jsonBody } from './guards/json-body.ts';
import { type Rule, type RuleName, rules } from './guards/rule.ts';
import { problems, retryAfterSeconds } from './problem.ts';
import { problemShape } from './schemas/problem.ts';

/** The application while its routes are added. */
export type Api = OpenAPIHono<ApiEnv>;

/** Where a route's rule stands in the OpenAPI document. */
export const ruleMember = 'x-tenure-rule';

type Declaration<Path extends string> = Omit<RouteConfig, 'path' | 'middleware' | 'security'> & {
  path: Path;
  operationId: string;
  summary: string;
  /** Who may call it. There is no default. */
  rule: RuleName;
  /**
   * `form`: a page's own form posts here; `bytes`: what a machine signed comes here, to be verified as it is. The handler
   * reads both. Any other body is JSON.
   */
  reads?: 'form' | 'bytes';
  /** A page for people: who is not signed in is led to sign in first. */
  isPage?: true;
};

/** By a token, or by a browser's session. */
const signedIn: Record<string, string[]>[] = [{ bearer: [] }, { session: [] }];

/** Declares a route: its guards follow from its rule, and both are in the OpenAPI document. */
export function declare<const Path extends string, const D extends Declaration<Path>>(
  declaration: D & { path: Path },
) {
  const { rule: ruleName, reads, isPage, ...config } = declaration;
  const rule: Rule | undefined = rules[ruleName];
  if (!rule) throw new TypeError(`${declaration.operationId}: no rule says who may call it.`);
  const isJson = ['post', 'put', 'delete'].includes(declaration.method) && reads === undefined;
  const guard = authorize(ruleName, { reads: reads ?? 'json', isPage: isPage === true });
  const summary = declaration.description ? `${declaration.description}\n\n` : '';
  return createRoute({
    ...config,
    description: `${summary}Who may call it: ${rule.text}`,
    security: rule.isPublic ? [] : signedIn,
    [ruleMember]: ruleName,
    middleware: isJson ? [guard, jsonBody] : [guard],
  });
}

const text = { type: 'string' } as const;

/** The problems that a route may answer with, by status; those that any route of its kind may have are added. */
export function problemsOf(...codes: ProblemCode[]) {
  const ofAnyCaller: ProblemCode[] = codes.includes('unauthenticated') ? ['too-many-requests'] : [];
  return responsesOf([...codes, ...ofAnyCaller, ...ofAnyRoute, 'ledger-unavailable']);
}

const ofAnyRoute = ['method-not-allowed', 'internal-error'] as const satisfies ProblemCode[];

/** The problems of a route that asks nothing of the ledger. */
export const plainProblems = responsesOf(ofAnyRoute);

function responsesOf(codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const [status] = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { 'application/problem+json': { schema: problemShape } };
  const entries = [...byStatus].map(([status, named]) => {
    const description = named.map((code) => `\`${code}\``).join(', ');
    const headers = headersOf(named);
    return [status, { description, content, ...(headers ? { headers } : {}) }] as const;
  });
  return Object.fromEntries(entries);
}

/** The headers that come with a problem, beside its body. */
function headersOf(codes: readonly ProblemCode[]) {
  if (codes.includes('unauthenticated'))
    return { 'WWW-Authenticate': { description: 'How to sign in (RFC 9110).', schema: text } };
  if (codes.includes('method-not-allowed'))
    return { Allow: { description: 'The methods of this address (RFC 9110).', schema: text } };
  if (!codes.some((code) => code in retryAfterSeconds)) return null;
  const waits = codes.filter((code) => code in retryAfterSeconds).join(', ');
  const description = `Seconds to wait before trying again (RFC 9110); with ${waits}.`;
  return { 'Retry-After': { description, schema: { type: 'integer', minimum: 1 } as const } };
}

/** What any signed-in call that sends a body may be answered with. */
export const bodyProblems = [
  'malformed-json',
  'malformed-parameter',
  'unauthenticated',
  'payload-too-large',
  'unsupported-media-type',
  'invalid-input',
] as const satisfies ProblemCode[];

/** What any signed-in call that changes something may be answered with. */
export const writeProblems = [
  ...bodyProblems,
  'idempotency-in-progress',
  'idempotency-key-reused',
] as const satisfies ProblemCode[];

/** What any signed-in call that lists something may be answered with. */
export const listProblems = [
  'malformed-parameter',
  'unauthenticated',
  'unknown-reference',
  'invalid-input',
] as const satisfies ProblemCode[];

/**
 * Refuses to build an application in which anything answers without a rule: every handler must be one that was declared.
 * @throws TypeError naming the route
 */
export function assertEveryRouteHasARule(app: Api): void {
  const declared = new Set<string>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { method, path } = definition.route;
    const rule: unknown = Reflect.get(definition.route, ruleMember);
    if (typeof rule !== 'string' || !(rule in rules)) throw new TypeError(`${method} ${path} has no rule.`);
    declared.add(`${method.toUpperCase()} ${path.replaceAll(/\{(.+?)\}/g, ':$1')}`);
  }
  for (const { method, path } of app.routes) {
    // Guards that stand before every route have no method of their own.
    if (method === 'ALL' && path === '/*') continue;
    if (!declared.has(`${method} ${path}`)) throw new TypeError(`${method} ${path} has no rule.`);
  }
}
