import { expect, it } from 'vitest';
import { deliver, provideExampleSources } from '../support/events.ts';
import { describeManaged } from '../support/managed-matrix.ts';
import { managedCases } from '../support/managed-routes.ts';

// The same as matrix.test.ts for what is managed: customers, users, staff, processes, fences, imports, tasks, catalog, events.

const http = describeManaged(managedCases, ({ ledger }) => provideExampleSources(ledger));

it('a source that signs is heard', async () => {
  expect(await deliver(http(), 'erp', { id: 'E-1' })).toMatchObject({ status: 202 });
});
