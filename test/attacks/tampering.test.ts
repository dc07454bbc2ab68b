import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { ask, decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { becomes, tell, trail } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { held, keepMending, loginOf, trySignIn, waiting } from './scene.ts';

// Promises 2, 3 and 6 against somebody who has the application's own way into the ledger.

let stack: Stack;
let application: postgres.Sql;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  application = postgres(stack.appUrl, { max: 1, onnotice: () => undefined });
  stops.push(await stack.startWorkers(), keepMending(stack));
});

afterAll(async () => {
  await application?.end({ timeout: 2 });
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

/** Runs it with eyes that see everything, which only makes the attack stronger; the SQLSTATE, or how many rows it wrote. */
async function attempt(statement: string, as: { person: string; organization: string }): Promise<string> {
  try {
    const written = await application.begin(async (tx) => {
      await tx`select set_config('tenure.reach', 'all', true), set_config('tenure.person', ${as.person}, true),
        set_config('tenure.organization', ${as.organization}, true)`;
      return (await tx.unsafe(statement)).count;
    });
    return `wrote ${written}`;
  } catch (error) {
    return error instanceof postgres.PostgresError ? error.code : 'an error';
  }
}

async function personOf(email: string): Promise<{ person: string; organization: string }> {
  const rows = await stack.ledger.db.execute<{ person: string; organization: string }>(
    sql`select id as person, organization_id as organization from person where email = ${email}`,
  );
  const [row] = rows;
  if (!row) throw new RangeError('No such person.');
  return row;
}

test('forged lines in the outbox wake, and nothing more', async () => {
  const { db } = stack.ledger;
  const requestId = await waiting(stack);
  const { story } = await held(stack);
  const sam = await personOf('sam@northwind.example');
  const message = { id: newId('dec'), organization: sam.organization, run: 1 };
  const signals = ['approve', 'deny', 'cancel', 'revoke', 'return', 'extend'];
  const lines: { kind: string; subject: string; message: object }[] = [
    ...signals.map((signal) => ({ kind: 'engine', subject: requestId, message: { ...message, signal } })),
    {
      kind: 'engine',
      subject: requestId,
      message: { signal: null, id: requestId, organization: 'x', run: 999 },
    },
    { kind: 'engine', subject: newId('req'), message: { ...message, signal: 'approve' } },
    { kind: 'credential', subject: story.grant?.id ?? '', message: {} },
    { kind: 'credential', subject: newId('grant'), message: {} },
  ];
  for (const { kind, subject, message } of lines)
    expect(
      await attempt(
        `insert into outbox (kind, subject_id, message) values ('${kind}', '${subject}', '${JSON.stringify(message)}')`,
        sam,
      ),
    ).toBe('wrote 1');
  await eventually('all lines to be delivered', async () => {
    const rows = await db.execute<{ n: number }>(
      sql`select count(*)::integer as n from outbox where delivered_at is null`,
    );
    return rows[0]?.n === 0;
  });
  expect(await tell(db, requestId)).toMatchObject({ state: 'waiting', grant: null });
  expect(await trail(db, requestId)).toEqual([]);
  expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
  await decide(db, requestId, 'priya@northwind.example');
  await becomes(db, requestId, 'granted', 'held');
  await noteAttack({
    attack: 'forged outbox line',
    tried: `${lines.length} lines as the application`,
    found: 'they wake, nothing more',
  });
});

test('the application’s role cannot write a grant, an end that moves, a decision of somebody else or another history', async () => {
  const requestId = await waiting(stack);
  const { requestId: other, story } = await held(stack);
  const grantId = story.grant?.id ?? '';
  await openTask(stack.ledger.db, { kind: 'overdue', grantId, cause: null, actor: actors.reaper });
  const sam = await personOf('sam@northwind.example');
  const priya = await personOf('priya@northwind.example');
  const decisionBy = (person: string, request: string) => `
    insert into decision (id, request_id, stage_id, person_id, decision, policy_version, request_digest)
    select '${newId('dec')}', r.id, s.id, '${person}', 'approve', r.policy_version, r.digest
    from access_request r join stage s on s.request_id = r.id where r.id = '${request}'`;
  const attacks: [string, string][] = [
    [
      'a grant',
      `insert into access_grant (id, origin, state, account) values ('${newId('grant')}', 'import', 'held', 'x')`,
    ],
    ['a later end', `update access_grant set until = until + interval '1 day' where id = '${grantId}'`],
    [
      'a state',
      `update access_grant set state = 'ended', ended_at = now(), ended_by = 'time' where id = '${grantId}'`,
    ],
    [
      'an end that never comes, so that no other can be ordered',
      `update access_grant set end_at = 'infinity', end_order = 'revocation' where id = '${grantId}'`,
    ],
    ...['rollback', 'cancellation', 'time', 'x'].map((order): [string, string] => [
      `access that was had called none (${order})`,
      `update access_grant set end_at = tenure_now(), end_order = '${order}' where id = '${grantId}'`,
    ]),
    ['access begun otherwise', `update access_grant set begun_at = null where id = '${grantId}'`],
    ['an end undone', `delete from access_grant where id = '${grantId}'`],
    ['a password', `update access_grant set sealed_password = 'x' where id = '${grantId}'`],
    [
      'an extension',
      `insert into extension select '${other}', '${grantId}', organization_id, holder_organization_id, until, until + interval '1 day' from access_grant where id = '${grantId}'`,
    ],
    ['a longer request', `update access_request set period_ms = 1 where id = '${requestId}'`],
    [
      'another person in a request',
      `update access_request set person_id = '${priya.person}' where id = '${requestId}'`,
    ],
    ['a request removed', `delete from access_request where id = '${requestId}'`],
    ['a stage removed', `delete from stage where request_id = '${requestId}'`],
    ['a stage made easier', `update stage set needed = 0 where request_id = '${requestId}'`],
    ['one’s own approval', decisionBy(sam.person, requestId)],
    ['somebody else’s approval', decisionBy(priya.person, requestId)],
    ['a decision changed', `update decision set decision = 'approve'`],
    ['an audit event changed', `update audit_event set actor_id = 'nobody'`],
    ...[
      ['occurred_at', `now() - interval '1 year'`],
      ['xid', `'1'`],
      ['cluster', `'another'`],
    ].map(([column, value]): [string, string] => [
      `an audit event dated otherwise (${column})`,
      `insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, commitment, ${column})
        values ('${newId('aud')}', 'grant.begun', 'person', '${sam.person}', 'grant', '${grantId}', 'x', ${value})`,
    ]),
    [
      'a revocation of last year',
      `insert into ending (id, kind, grant_id, organization_id, holder_organization_id, actor_kind, person_id, recorded_at)
        values ('${newId('rev')}', 'revocation', '${grantId}', '${sam.organization}', '${sam.organization}', 'person', '${sam.person}', now() - interval '1 year')`,
    ],
    [
      'false changes, by a trigger of ours on a table of one’s own',
      `create temporary table access_grant (id text);
        create trigger note_change after insert on access_grant for each row execute function note_change_by_id();
        insert into access_grant values ('${grantId}')`,
    ],
    ['an audit event removed', `delete from audit_event`],
    ['all audit events removed', `truncate audit_event`],
    ['an audit text changed', `update audit_text set reason = 'x'`],
    [
      'a role for oneself',
      `insert into person_role (person_id, role_id, organization_id) select '${sam.person}', id, '${sam.organization}' from role where key = 'support-lead'`,
    ],
    ['a target’s secret read', `select sealed_secret from target`],
    ['a target moved', `update target set endpoint = '{}'`],
    ['a task closed', `update task set closed_at = now()`],
    [
      'the clock',
      `create or replace function tenure_now() returns timestamptz language sql as 'select now()'`,
    ],
    ['a guard removed', `alter table access_grant disable trigger all`],
    ['row security removed', `alter table access_request disable row level security`],
    ['the policy in force', `update policy_version set version = 'x'`],
    ['the system’s role', `set role ${new URL(stack.systemUrl).username}`],
  ];
  const written: string[] = [];
  for (const [what, statement] of attacks) {
    const outcome = await attempt(statement, sam);
    if (!/^(42501|TN\d{3}|55000)$/.test(outcome)) written.push(`${what}: ${outcome}`);
  }
  expect(written).toEqual([]);
  // The control: what the role may do, it can do by the same way.
  expect(await attempt(decisionBy(priya.person, requestId), priya)).toBe('wrote 1');
  expect(await attempt(`update access_request set state = state where id = '${requestId}'`, sam)).toBe(
    'wrote 1',
  );
  await noteAttack({
    attack: 'tampering',
    tried: `${attacks.length} statements as the application`,
    found: 'each refused by the database',
  });
});

test('a request that the application calls approved without its approvals begins nothing', async () => {
  const { db } = stack.ledger;
  const requestId = await waiting(stack);
  const sam = await personOf('sam@northwind.example');
  await attempt(`update access_request set state = 'approved' where id = '${requestId}'`, sam);
  await attempt(
    `insert into outbox (kind, subject_id, message) values ('engine', '${requestId}', '{"signal":"approve","id":"x","organization":"x","run":1}')`,
    sam,
  );
  await becomes(db, requestId, 'refused');
  expect((await tell(db, requestId)).grant).toBeNull();
  expect(await trail(db, requestId)).not.toContain('grant.intended');
  // The same as a row that never had a stage.
  const { requestId: whole } = await ask(db, { resource: 'globex-env', entitlement: 'write' });
  await becomes(db, whole, 'refused');
  expect(await trail(db, whole)).not.toContain('grant.intended');
  await noteAttack({
    attack: 'tampering',
    tried: 'a request called approved without approvals',
    found: 'refused at activation, no intent, no grant',
  });
});
