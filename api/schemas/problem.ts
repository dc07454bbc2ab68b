import { z } from '@hono/zod-openapi';

/** A problem as RFC 9457 has it. */
export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
    longest: z
      .string()
      .optional()
      .openapi({ description: 'With `period-too-long`: the longest period allowed.' }),
    policies: z
      .array(z.object({ id: z.string(), title: z.string() }))
      .optional()
      .openapi({ description: 'With `refused-by-policy`: the policies that decided.' }),
  })
  .openapi('Problem', {
    example: {
      type: 'urn:tenure:problem:invalid-input',
      title: 'Some fields are wrong',
      status: 422,
      detail: 'Some fields are wrong.',
      instance: '/v1/access-requests',
      errors: [{ pointer: '/period', detail: 'An ISO 8601 period such as PT2H.' }],
    },
  });
