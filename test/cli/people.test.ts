import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examples } from '../../api/schemas/examples.ts';
import { after, type FakeApi, nowIso, problem, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const list = (...items: unknown[]) => ({ body: { items, next_cursor: null } });
const { customer, customerWithSeats, fence, fenceItem, process, user, userProcess } = examples;
const uma = 'uma@umbra.example';
const asMade = { created_at: nowIso, due_at: nowIso, started_at: null };

describe('customers and their users', () => {
  let api: FakeApi;
  beforeEach(async () => {
    globalThis.process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());
  const run = (...words: string[]) => runWords(api.url, words, { columns: 80 });

  it('lists customers, narrowed to a state or a tier', async () => {
    api.on('GET /v1/customers', list(customer));
    const { code, out } = await run('customers', '--state', 'active', '--tier', 'professional');
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toMatchObject({ state: 'active', tier: 'professional' });
    expect(out).toBe(
      [
        '1 customer.',
        '  KEY    NAME   STATE   TIER          REGION  USERS  SINCE',
        '  umbra  Umbra  active  professional  us      1      14:02:00Z',
        '',
      ].join('\n'),
    );
    expect((await run('customers', '--state', 'somewhere')).code).toBe(2);
  });

  it.each([
    [{}, '1 of 10 used, 9 left (agreed in the contract)'],
    [{ limit: 3, used: 5, left: 0, source: 'tier' }, '5 of 3 used, 2 too many (of the tier)'],
    [{ limit: null, left: null }, '1 used, as many as they like'],
    [{ source: 'override', until: after(60) }, '1 of 10 used, 9 left (agreed until 15:02Z)'],
  ])('says in words how many seats are left: %j', async (seats, words) => {
    const body = { ...customerWithSeats, seats: { ...customerWithSeats.seats, ...seats } };
    api.on('GET /v1/customers/umbra', { body });
    expect((await run('customer', 'umbra')).out).toContain(`  Seats     ${words}\n`);
  });

  it('says when payments fail', async () => {
    const contract = {
      ...customer.contract,
      state: 'past_due',
      dunning: 'restricted',
      dunning_since: after(-60),
    };
    api.on('GET /v1/customers/umbra', { body: { ...customerWithSeats, state: 'restricted', contract } });
    const { out } = await run('customer', 'umbra');
    expect(out).toContain('Umbra  restricted\n');
    expect(out).toContain('  Contract  past due, until 22 Nov 2027 14:00Z\n');
    expect(out).toContain('  Payments  failing since 13:02Z: restricted\n');
  });

  it('lists users and counts their states', async () => {
    api.on('GET /v1/customers/umbra/users', list(user, { ...user, state: 'active' }));
    const { out } = await run('users', 'umbra');
    expect(out.split('\n')[0]).toBe('2 users: 1 active, 1 invited.');
    expect(out).toContain(uma);
  });

  const writes: [string[], string, unknown][] = [
    [
      [
        'user',
        'add',
        'umbra',
        uma,
        '--name',
        'Uma',
        '--contract-role',
        'member',
        '--role',
        'a',
        '--role',
        'b',
        '--why',
        'x',
      ],
      'users',
      { email: uma, name: 'Uma', contract_role: 'member', roles: ['a', 'b'], reason: 'x' },
    ],
    [
      ['user', 'add', 'umbra', uma, '--name', 'Uma', '--why', 'x'],
      'users',
      { email: uma, name: 'Uma', reason: 'x' },
    ],
    [
      ['user', 'change', 'umbra', uma, '--role', 'a', '--why', 'x'],
      `users/${uma}/role-change`,
      { roles: ['a'], reason: 'x' },
    ],
    [
      ['user', 'change', 'umbra', uma, '--no-roles', '--why', 'x'],
      `users/${uma}/role-change`,
      { roles: [], reason: 'x' },
    ],
    [
      ['user', 'change', 'umbra', uma, '--contract-role', 'member', '--why', 'x'],
      `users/${uma}/role-change`,
      { contract_role: 'member', reason: 'x' },
    ],
    [['user', 'invite', 'umbra', uma], `users/${uma}/invitation`, {}],
  ];
  it.each(writes)('%j is asked, and says how to follow it', async (words, path, body) => {
    api.on(`POST /v1/customers/umbra/${path.replace('@', '%40')}`, { status: 201, body: userProcess });
    const { code, out } = await run(...words);
    expect(code).toBe(0);
    expect(api.calls[0]?.body).toEqual(body);
    expect(out).toContain(`Uma <${uma}>  invited\n`);
    expect(out).toContain(`:  npm run -s tenure -- process ${process.id} --watch\n`);
    const json = await run(...words, '--json');
    expect(JSON.parse(json.out)).toEqual(userProcess);
  });

  const leaving: [string[], string, unknown][] = [
    [
      ['user', 'remove', 'umbra', uma, '--why', 'x'],
      '/v1/customers/umbra/users/uma%40umbra.example/removal',
      { reason: 'x' },
    ],
    [
      ['staff', 'offboard', 'sam@northwind.example', '--why', 'x'],
      '/v1/people/sam%40northwind.example/offboarding',
      { reason: 'x' },
    ],
    [
      ['staff', 'reinstate', 'sam@northwind.example', '--why', 'x'],
      '/v1/people/sam%40northwind.example/reinstatement',
      { reason: 'x' },
    ],
    [
      [
        'staff',
        'change',
        'sam@northwind.example',
        '--role',
        'a',
        '--department',
        'sales',
        '--region',
        'us',
        '--why',
        'x',
      ],
      '/v1/people/sam%40northwind.example/role-change',
      { roles: ['a'], department: 'sales', region: 'us', reason: 'x' },
    ],
  ];
  it.each(leaving)('%j is asked, and says how to follow it', async (words, path, body) => {
    api.on(`POST ${path}`, { status: 201, body: process });
    const { code, out } = await run(...words);
    expect(code).toBe(0);
    expect(api.calls[0]?.body).toEqual(body);
    expect(out).toContain(`--watch\n`);
  });

  it('asks nothing that says nothing, twice the opposite, or names nobody', async () => {
    for (const words of [
      ['user', 'change', 'umbra', uma, '--why', 'x'],
      ['user', 'change', 'umbra', uma, '--role', 'a', '--no-roles', '--why', 'x'],
      ['user', 'remove', 'umbra', uma],
      ['user', 'remove', '..', uma, '--why', 'x'],
      ['staff', 'change', 'sam@northwind.example', '--why', 'x'],
    ])
      expect((await run(...words)).code).toBe(2);
    expect(api.calls).toHaveLength(0);
  });

  it('names the option that is wrong, and a full house is a refusal', async () => {
    const errors = [{ pointer: '/roles/0', detail: 'There is no role wizard.' }];
    api.on('POST /v1/customers/umbra/users', [
      problem(422, 'role-not-allowed', { errors }),
      problem(409, 'no-seat-left', { detail: 'All 10 seats of the contract are used. Remove a user.' }),
    ]);
    const words = ['user', 'add', 'umbra', uma, '--name', 'Uma', '--role', 'wizard', '--why', 'x'];
    const wrong = await run(...words);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('  --role: There is no role wizard.\n');
    const full = await run(...words);
    expect(full.code).toBe(3);
    expect(full.err).toContain('All 10 seats of the contract are used. Remove a user.');
  });
});

describe('processes, fences and tasks', () => {
  let api: FakeApi;
  beforeEach(async () => {
    globalThis.process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());
  const run = (...words: string[]) => runWords(api.url, words, { columns: 80 });
  const progress = (more: object) => ({ ...process.progress, ...more });
  const running = (done: number) => ({
    ...process,
    ...asMade,
    person: null,
    kind: 'role-change',
    state: 'running',
    progress: progress({ total: 360, done, waiting: 360 - done }),
  });

  it.each<[object, string]>([
    [{ state: 'waiting', due_at: after(60) }, 'begins 15:02Z, in 1 h'],
    [{ state: 'waiting' }, 'about to begin'],
    [
      { state: 'fenced', progress: { ...process.progress, fenced: 3, done: 5, total: 8 } },
      '3 people wait for a second person; 5 of 8 done',
    ],
    [{ state: 'running', progress: { ...process.progress, total: 8, done: 5 } }, 'at work: 5 of 8 people'],
    [{ state: 'confirming' }, 'done; waiting until everybody has confirmed'],
    [{ state: 'undoing' }, 'failed; what was done is being taken back'],
    [{ state: 'done', settled_at: nowIso }, 'done 14:02:00Z'],
    [{ state: 'residue', tasks: ['task_1'] }, 'over; something is left'],
    [{ state: 'failed', last_error: 'misconfigured' }, 'failed, and taken back'],
    [{ state: 'discarded', replaced_by: 'proc_2' }, 'replaced by a newer one'],
    [
      { kind: 'offboarding', state: 'waiting', progress: { ...process.progress, applying: 1 } },
      'access is being cut',
    ],
  ])('says where a process stands: %j', async (more, words) => {
    api.on('GET /v1/processes/proc_1', { body: { ...process, ...asMade, ...more } });
    expect((await run('process', 'proc_1')).out.split('\n')[0]).toMatch(new RegExp(`of Uma  ${words}$`));
  });

  it('lists them, narrowed', async () => {
    api.on('GET /v1/processes', list({ ...process, ...asMade }, running(120)));
    const { out } = await run('processes', '--customer', 'umbra', '--state', 'open', '--kind', 'onboarding');
    expect(api.calls[0]?.query).toMatchObject({ customer: 'umbra', state: 'open', kind: 'onboarding' });
    expect(out).toContain('2 processes.');
    expect(out).toContain('onboarding of Uma');
    expect(out).toContain('at work: 120 of 360 people');
  });

  it('lists those for whom one failed', async () => {
    const failed = {
      person: process.person,
      state: 'failed',
      last_error: 'target-refused',
      tried_at: nowIso,
    };
    api.on('GET /v1/processes/proc_1/people', list(failed));
    const { out } = await run('process', 'proc_1', '--people', 'failed');
    expect(api.calls[0]?.query).toMatchObject({ state: 'failed' });
    expect(out).toContain('1 person.');
    expect(out).toContain('(target-refused)');
    expect((await run('process', 'proc_1', '--people', 'gone')).code).toBe(2);
  });

  it('draws how far one is until it is done', async () => {
    const done = { ...running(360), state: 'done', settled_at: nowIso };
    const steps = [running(120), running(240), running(240), done].map((body) => ({ body }));
    api.on(`GET /v1/processes/${process.id}`, steps);
    const { code, out, err } = await runWords(api.url, ['process', process.id, '--watch']);
    expect(code).toBe(0);
    // Where it is not drawn again, only what is new is told.
    expect(err).toBe(
      [
        '[########----------------] 120 of 360 people  role change of Umbra',
        '[################--------] 240 of 360 people  role change of Umbra',
        '',
      ].join('\n'),
    );
    expect(out).toContain('role change of Umbra  done 14:02:00Z');
  });

  it.each([
    ['confirming', 0],
    ['done', 0],
    ['residue', 1],
    ['failed', 1],
    ['discarded', 3],
  ])('ends the watch of one that is %s with %i', async (state, code) => {
    api.on('GET /v1/processes/proc_1', { body: { ...process, ...asMade, state } });
    expect((await run('process', 'proc_1', '--watch')).code).toBe(code);
  });

  it('goes on without the window', async () => {
    api.on('GET /v1/processes/proc_1', { body: running(120) });
    api.on(`GET /v1/processes/${process.id}`, { body: running(120) });
    const interruption = new AbortController();
    const onErr = () => interruption.abort();
    const { code, err } = await runWords(api.url, ['process', 'proc_1', '--watch'], { interruption, onErr });
    expect(code).toBe(130);
    expect(err).toContain(`It goes on without this window:  npm run -s tenure -- process ${process.id}\n`);
  });

  it('shows what a fence holds, and what to do', async () => {
    const shown = { ...fence, opened_at: nowIso, items: [fenceItem], next_cursor: null };
    api.on(`GET /v1/fences/${fence.id}`, { body: shown });
    expect((await run('fence', fence.id)).out).toBe(
      [
        'fence: people of Acme  1 waits',
        '  Set off by  Omar <omar@northwind.example>',
        '  Limit       5 at once',
        '  Since       14:02:00Z',
        `  Id          ${fence.id}`,
        'What would happen:',
        '  1 person loses export on northwind-app',
        '  WHO   WHAT                        ITEM',
        `  Anna  loses northwind-app:export  ${fenceItem.id}`,
        '',
        `Let it go on:  npm run -s tenure -- fence release ${fence.id}`,
        `Drop it:       npm run -s tenure -- fence discard ${fence.id} --comment …`,
        '',
      ].join('\n'),
    );
  });

  it('follows its items to the end', async () => {
    api.on(`GET /v1/fences/${fence.id}`, { body: { ...fence, items: [fenceItem], next_cursor: 'more' } });
    api.on(`GET /v1/fences/${fence.id}/items`, list(fenceItem, { ...fenceItem, id: 'item_2' }));
    expect((await run('fence', fence.id)).out).toContain('item_2');
  });

  it('lists fences: those that are open, or all', async () => {
    api.on('GET /v1/fences', list({ ...fence, opened_at: nowIso }));
    const { out } = await run('fences');
    expect(api.calls[0]?.query).toMatchObject({ state: 'open' });
    expect(out.split('\n')[0]).toBe('1 fence is open.');
    expect(out).toContain('1 person loses export on northwind-app\n');
    const difference = Array.from({ length: 10 }, (_, at) => `${at + 1} people leave`);
    api.on('GET /v1/fences', list({ ...fence, opened_at: nowIso, difference }));
    const long = await run('fences');
    expect(long.out).toContain('1 people leave and 9 more');
    expect(long.out).not.toContain('2 people leave');
    await run('fences', '--all');
    expect(api.calls.at(-1)?.query).not.toHaveProperty('state');
    api.on('GET /v1/fences', list());
    expect((await run('fences')).out).toBe('Nothing waits behind a fence.\n');
  });

  it.each([
    [['release', 'fence_1'], { waiting: 0 }, {}, 'Everything that waited goes on.\n'],
    [
      ['release', 'fence_1', '--item', 'item_1'],
      { waiting: 0 },
      { items: ['item_1'] },
      '1 change goes on.\n',
    ],
    [
      ['discard', 'fence_1', '--item', 'item_1', '--item', 'item_2', '--comment', 'No'],
      { waiting: 3 },
      { items: ['item_1', 'item_2'], comment: 'No' },
      '2 changes are dropped. 3 wait still:  npm run -s tenure -- fence fence_1\n',
    ],
  ])('decides: %j', async (words, more, body, said) => {
    api.on(`POST /v1/fences/fence_1/${words[0] === 'discard' ? 'discarding' : 'release'}`, {
      status: 201,
      body: { ...fence, id: 'fence_1', ...more },
    });
    expect(await run('fence', ...words)).toEqual({ code: 0, out: said, err: '' });
    expect(api.calls[0]?.body).toEqual(body);
  });

  it('drops nothing without a word, and not what is one’s own', async () => {
    expect((await run('fence', 'discard', 'fence_1')).code).toBe(2);
    api.on('POST /v1/fences/fence_1/release', problem(403, 'self-approval'));
    expect((await run('fence', 'release', 'fence_1')).code).toBe(5);
  });

  it('shows what processes left to people, and closes it', async () => {
    const task = {
      ...examples.task,
      kind: 'residue',
      grant_id: null,
      process_id: process.id,
      opened_at: nowIso,
    };
    api.on(
      'GET /v1/tasks',
      list(task, { ...task, kind: 'seats', person: null, resource: null, cause: 'no-seat-left' }),
    );
    const { out } = await run('tasks');
    expect(out).toContain('take away what is left');
    expect(out).toContain('Sam on Production PostgreSQL EU');
    expect(out).toMatch(/find seats for everybody +Acme +Omar/);
    expect(out).toContain('all seats are used (no-seat-left)');
    api.on('POST /v1/tasks/task_1/closing', { status: 201, body: { ...task, state: 'closed' } });
    const closed = await run('task', 'close', 'task_1', '--comment', 'Done by hand');
    expect(closed.out).toBe(`Closed. Its process:  npm run -s tenure -- process ${process.id}\n`);
    expect(api.calls.at(-1)?.body).toEqual({ comment: 'Done by hand' });
    expect((await run('task', 'close', 'task_1')).code).toBe(2);
  });

  it('has what failed of a process tried again', async () => {
    api.on('POST /v1/processes/proc_1/retry', { status: 201, body: process });
    const { code, out } = await run('process', 'retry', 'proc_1', '--why', 'The target is back');
    expect([code, api.calls.at(-1)?.body]).toEqual([0, { reason: 'The target is back' }]);
    expect(out).toContain(`It is tried again:  npm run -s tenure -- process ${process.id} --watch\n`);
    expect((await run('process', 'retry', 'proc_1')).code).toBe(2);
  });
});
