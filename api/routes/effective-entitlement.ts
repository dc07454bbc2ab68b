import { findEffectiveEntitlements } from '../operations/list-effective-entitlements.ts';
import { getFeatures } from '../operations/read-features.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { idParam } from '../schemas/common.ts';
import {
  effectiveQuery,
  effectiveShape,
  featuresQuery,
  featuresShape,
} from '../schemas/effective-entitlement.ts';

const effective = declare({
  method: 'get',
  path: '/v1/effective-entitlements',
  operationId: 'listEffectiveEntitlements',
  summary: 'What a person, a role or a tier’s users may have by roles, and how each comes',
  description:
    'Exactly one of `person`, `role` and `tier`. With `at`: by the roles and the catalog of that instant; whether a person holds it is asked of the policies in force now, and of what else is known of the person now.',
  rule: 'person',
  tags: ['Catalog'],
  request: { query: effectiveQuery },
  responses: {
    200: {
      description: 'All of them',
      content: { 'application/json': { schema: effectiveShape } },
    },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const features = declare({
  method: 'get',
  path: '/v1/customers/{id}/features',
  operationId: 'getFeatures',
  summary: 'What the product switches on for a customer',
  description:
    'Read it at run time: it changes with the customer’s tier, with exceptions and with the catalog.',
  rule: 'person',
  tags: ['Customers'],
  request: { params: idParam('A customer’s id or key.', 'acme'), query: featuresQuery },
  responses: {
    200: { description: 'The features', content: { 'application/json': { schema: featuresShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'not-found'),
  },
});

export function effectiveEntitlementRoutes(app: Api): void {
  app.openapi(effective, async (c) =>
    c.json(await findEffectiveEntitlements(c.get('deps'), c.get('principal'), c.req.valid('query')), 200),
  );
  app.openapi(features, async (c) => {
    const wish = { customer: c.req.valid('param').id, ...c.req.valid('query') };
    return c.json(await getFeatures(c.get('deps'), c.get('principal'), wish), 200);
  });
}
