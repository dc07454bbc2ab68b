import { describeManaged } from '../support/managed-matrix.ts';
import { signInCases } from '../support/sign-in-routes.ts';

// The same as matrix-managed.test.ts for how organizations sign in, and for sessions.

describeManaged(signInCases, undefined, { resolveTxt: () => Promise.resolve([]) });
