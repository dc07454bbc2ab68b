import { describeManaged } from '../support/managed-matrix.ts';
import { signInCases } from '../support/sign-in-routes.ts';

// The same as matrix-managed.test.ts for how organizations sign in, for sessions and for webhooks.

describeManaged(signInCases, undefined, { resolveTxt: () => Promise.resolve([]) });
