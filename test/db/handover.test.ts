import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectionProblems } from '../../activities/connectors/settings.ts';
import { readActiveCatalog, readRevision } from '../../db/queries/catalog-revision.ts';
import { writeRevision } from '../../db/queries/catalog-write.ts';
import { handOver } from '../../db/queries/handover.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { TenureError } from '../../domain/errors.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { startProcess } from '../support/processes.ts';

// What somebody who left has owned has another owner, in the rows and in the catalog alike.

const lena = 'lena@northwind.example';
const omar = 'omar@northwind.example';
let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

async function write(edit: (catalog: Catalog) => void, base?: Catalog): Promise<number> {
  const { number, catalog } = await readActiveCatalog(db());
  const wanted = structuredClone(base ?? catalog);
  edit(wanted);
  const written = await db().transaction((tx) =>
    writeRevision(tx, {
      baseRevision: number,
      catalog: wanted,
      author: actors.system,
      reason: 'A test',
      organizationId: null,
      checkConnection: connectionProblems,
    }),
  );
  return written.number;
}

function ownedBy(email: string, ...keys: string[]) {
  return (catalog: Catalog): void => {
    for (const one of catalog.resources) if (keys.includes(one.key)) one.owner = email;
  };
}

async function leaves(email: string): Promise<{ processId: string; personIds: string[] }> {
  const [person] = await db().execute<{ id: string; organization: string }>(
    sql`update person set offboarded_at = tenure_now() where email = ${email} returning id, organization_id as organization`,
  );
  const { id: personId = '', organization: organizationId = '' } = person ?? {};
  const wish = { kind: 'offboarding', organizationId, personId, cause: 'operations' } as const;
  return {
    processId: await startProcess(db(), { ...wish, wish: { why: 'leaving' } }),
    personIds: [personId],
  };
}

const owners = async () => {
  const rows = await db().execute<{ key: string; email: string }>(sql`
    select c.key, p.email from resource c join person p on p.id = c.owner_person_id order by c.key`);
  const { catalog } = await readActiveCatalog(db());
  return {
    inRows: Object.fromEntries(rows.map(({ key, email }) => [key, email])),
    inCatalog: Object.fromEntries(catalog.resources.map(({ key, owner }) => [key, owner])),
  };
};

it('is one revision by the system, which a later edit of the resource keeps', async () => {
  const number = await write(ownedBy(lena, 'acme-env', 'globex-env'));
  const { catalog: former } = await readActiveCatalog(db());
  const order = { ...(await leaves(lena)), actor: actors.engine };
  await db().transaction((tx) => handOver(tx, order));
  expect((await readActiveCatalog(db())).number).toBe(number + 1);
  expect(await readRevision(db(), number + 1)).toMatchObject({
    author: { id: 'system' },
    reason: 'handover',
  });
  const { inRows, inCatalog } = await owners();
  expect(inRows).toMatchObject({ 'acme-env': omar, 'globex-env': omar });
  expect(inCatalog).toEqual(inRows);
  const [told] = await db().execute(sql`
    select count(*)::int as told from task where kind = 'handover' and process_id = ${order.processId}`);
  expect(told).toEqual({ told: 2 });
  await db().transaction((tx) => handOver(tx, order));
  expect((await readActiveCatalog(db())).number).toBe(number + 1);
  await write((catalog) => {
    for (const one of catalog.resources) if (one.key === 'acme-env') one.name = 'Acme, as it is called now';
  });
  expect((await owners()).inRows).toMatchObject({ 'acme-env': omar });
  // A file from before it would bring them back.
  const back = write(() => undefined, former);
  await expect(back).rejects.toBeInstanceOf(TenureError);
  await expect(back).rejects.toMatchObject({
    errors: [{ detail: `${lena} has left.` }, { detail: `${lena} has left.` }],
  });
});

it('waits for whoever writes the catalog, and neither undoes the other', async () => {
  await write(ownedBy('marek@northwind.example', 'postgres-eu'));
  const order = { ...(await leaves('marek@northwind.example')), actor: actors.engine };
  const outcomes = await Promise.allSettled([
    db().transaction((tx) => handOver(tx, order)),
    write((catalog) => {
      for (const one of catalog.resources) if (one.key === 'postgres-eu') one.name = 'Production, Europe';
    }),
  ]);
  // The edit may have come second: then it is told so.
  expect(outcomes[0]?.status).toBe('fulfilled');
  const { inRows, inCatalog } = await owners();
  expect(inRows).toMatchObject({ 'postgres-eu': omar });
  expect(inCatalog).toEqual(inRows);
});
