import { isIP } from 'node:net';
import { z } from '@hono/zod-openapi';

/** NUL, and halves of surrogate pairs: no database looks for them. */
const unstorable = /\u{0}|\p{Surrogate}/u;

const nameAtMost = 320;
/** One check for all that a name must be: questions are many. */
const name = z
  .string()
  .check(({ value: input, issues }) => {
    const origin = 'string';
    if (input === '') issues.push({ code: 'too_small', origin, minimum: 1, inclusive: true, input });
    else if (input.length > nameAtMost)
      issues.push({ code: 'too_big', origin, maximum: nameAtMost, inclusive: true, input });
    else if (unstorable.test(input))
      issues.push({ code: 'custom', message: 'must be text that can be kept', input });
  })
  .openapi({ minLength: 1, maxLength: nameAtMost });

type Members = Record<string, unknown>;
/** The caller's own: what is in it is read where it is needed, and what is not in a form that we read is as if it had not been said. */
const members = z
  .custom<Members>(
    (said) => typeof said === 'object' && said !== null && !Array.isArray(said),
    'Invalid input: expected object',
  )
  .optional();
const anything = members.openapi({ type: 'object' });
const customer = { type: 'string' } as const;

const subject = z.object({ type: name, id: name, properties: anything });
const action = z.object({ name, properties: anything });
const resource = z.object({
  type: name,
  id: name,
  properties: members.openapi({ type: 'object', properties: { customer } }),
});
const context = members.openapi({
  type: 'object',
  properties: { customer, amr: { type: 'array', items: { type: 'string' } }, ip: { type: 'string' } },
});
const options = z.object({ exact: z.boolean().optional() });

/**
 * One question (AuthZEN Authorization API 1.0, section 6): may this subject do this action on this resource now? What is not known is
 * ignored. Of the context are read `amr` and `ip`, for policies that look at how somebody signed in to the application or from where,
 * and `customer`, for resources in which several customers' data lie.
 */
export const questionShape = z.object({ subject, action, resource, context });
export type Question = z.infer<typeof questionShape>;

/** Whose data it is about. Whatever is said is somebody: what is no text, or two that differ, is nobody's, and not as if nobody had been named. */
export function customerOf({ resource: { properties }, context: call }: Question): string | undefined {
  const [one, other] = [properties?.['customer'], call?.['customer']];
  if (one !== undefined && other !== undefined && one !== other) return '';
  const said = one === undefined ? other : one;
  return said === undefined || typeof said === 'string' ? said : '';
}

/** How somebody signed in to the application, and from where, as far as it says so in a form that we read. */
export function callOf({ context: call }: Question): { amr?: string[]; ip?: string } {
  const { amr, ip } = call ?? {};
  return { ...(areMethods(amr) ? { amr } : {}), ...(isAddress(ip) ? { ip } : {}) };
}

const isAddress = (said: unknown): said is string => typeof said === 'string' && isIP(said) !== 0;
const areMethods = (said: unknown): said is string[] =>
  Array.isArray(said) &&
  said.length <= 20 &&
  said.every((one) => typeof one === 'string' && one.length <= 40);

export const singleShape = z.object({ ...questionShape.shape, options: options.optional() });

export const semantics = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

/** So many questions are answered in one call. */
export const questionsAtMost = 500;

const part = z.object({
  subject: subject.optional(),
  action: action.optional(),
  resource: resource.optional(),
  context,
});

/** Several at once (section 7): what one of them leaves out is taken from the whole. */
export const severalShape = z.object({
  ...part.shape,
  evaluations: z.array(z.looseObject({})).max(questionsAtMost).optional(),
  options: z
    .object({ ...options.shape, evaluations_semantic: z.enum(semantics).default('execute_all') })
    .optional(),
});
export type Several = z.infer<typeof severalShape>;
