import { isIP } from 'node:net';
import { z } from '@hono/zod-openapi';

/** NUL, and halves of surrogate pairs: no database looks for them. */
const unstorable = /\u{0}|\p{Surrogate}/u;

const name = z
  .string()
  .min(1)
  .max(320)
  .refine((text) => !unstorable.test(text), 'must be text that can be kept');
/** Properties and context are the caller's own: what is not in a form that we read is as if it had not been said. */
function read<T>(shape: z.ZodType<T>, type: 'string' | 'array') {
  return z
    .unknown()
    .transform((said) => (said === undefined ? undefined : shape.safeParse(said).data))
    .optional()
    .openapi(type === 'array' ? { type, items: { type: 'string' } } : { type });
}

/** Whatever is said is one: what names nobody, or is no text, is not as if nobody had been named. */
const customer = z
  .unknown()
  .transform((said) => (said === undefined || typeof said === 'string' ? said : ''))
  .optional()
  .openapi({ type: 'string' });
const properties = z.looseObject({ customer }).optional();

const subject = z.looseObject({ type: name, id: name, properties: z.looseObject({}).optional() });
const action = z.looseObject({ name, properties: z.looseObject({}).optional() });
const resource = z.looseObject({ type: name, id: name, properties });
const context = z.looseObject({
  customer,
  amr: read(z.array(z.string().max(40)).max(20), 'array'),
  ip: read(
    z.string().refine((text) => isIP(text) !== 0),
    'string',
  ),
});
const options = z.looseObject({ exact: z.boolean().optional() });

/**
 * One question (AuthZEN Authorization API 1.0, section 6): may this subject do this action on this resource now? What is not known is
 * ignored. Of the context are read `amr` and `ip`, for policies that look at how somebody signed in to the application or from where,
 * and `customer`, for resources in which several customers' data lie.
 */
export const questionShape = z.looseObject({ subject, action, resource, context: context.optional() });
export type Question = z.infer<typeof questionShape>;

export const singleShape = z.looseObject({ ...questionShape.shape, options: options.optional() });

export const semantics = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

/** So many questions are answered in one call. */
export const questionsAtMost = 500;

const part = z.looseObject({
  subject: subject.optional(),
  action: action.optional(),
  resource: resource.optional(),
  context: context.optional(),
});

/** Several at once (section 7): what one of them leaves out is taken from the whole. */
export const severalShape = z.looseObject({
  ...part.shape,
  evaluations: z.array(z.looseObject({})).max(questionsAtMost).optional(),
  options: z
    .looseObject({ ...options.shape, evaluations_semantic: z.enum(semantics).default('execute_all') })
    .optional(),
});
export type Several = z.infer<typeof severalShape>;
