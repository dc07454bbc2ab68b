import { TenureError } from '../../domain/errors.ts';
import { problems, refusalOf, retryAfterSeconds } from '../problem.ts';

/** The detail error keywords of RFC 7644, table 9, as far as we say them. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness';

/** A refusal in SCIM's own words. */
export class ScimRefusal extends Error {
  override readonly name = 'ScimRefusal';
  constructor(
    readonly status: number,
    readonly scimType: ScimType | null,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** Whether an address is one of SCIM's, whose errors have their own form (RFC 7644, section 3.12). */
export function isScimPath(path: string): boolean {
  return path.startsWith('/scim/');
}

/** What a directory is told for an address at which nothing is: some that the standard names are not spoken here (section 3.11). */
export function nothingAt(path: string): ScimRefusal | TenureError {
  const named = /^\/scim\/v2\/[^/]+\/(Me|Bulk)(?:\/|$)/.exec(path)?.[1];
  if (named !== undefined) return new ScimRefusal(501, null, `/${named} is not supported here.`);
  return new TenureError('not-found', 'There is nothing at this address.');
}

const scimTypes: Partial<Record<TenureError['code'], ScimType>> = {
  'malformed-json': 'invalidSyntax',
  'malformed-parameter': 'invalidValue',
  'invalid-input': 'invalidValue',
  'role-not-allowed': 'invalidValue',
  'already-a-user': 'uniqueness',
};

/** Ours that a directory knows by another status: what cannot be done here is forbidden, and only a name that is taken a conflict. */
function statusOf(refusal: TenureError): number {
  const [status] = problems[refusal.code];
  if (scimTypes[refusal.code] === 'uniqueness') return 409;
  if (status === 422) return 400;
  return status === 409 ? 403 : status;
}

/** The answer to any error: RFC 7644, section 3.12, where the status is a text. What nobody foresaw says nothing about itself. */
export function scimRefusal(error: unknown): Response {
  if (error instanceof ScimRefusal) return answerOf(error.status, error.scimType, error.detail);
  const refusal = refusalOf(error);
  const answer = answerOf(statusOf(refusal), scimTypes[refusal.code] ?? null, refusal.detail);
  const retryAfter = retryAfterSeconds[refusal.code];
  if (retryAfter !== undefined) answer.headers.set('retry-after', String(retryAfter));
  if (refusal.code === 'unauthenticated') answer.headers.set('www-authenticate', 'Bearer realm="scim"');
  return answer;
}

function answerOf(status: number, scimType: ScimType | null, detail: string): Response {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error'];
  const body = { schemas, status: String(status), ...(scimType ? { scimType } : {}), detail };
  const headers = { 'content-type': 'application/scim+json', 'cache-control': 'no-store' };
  return new Response(JSON.stringify(body), { status, headers });
}

export function isScimRefusal(error: unknown): error is ScimRefusal {
  return error instanceof ScimRefusal;
}
