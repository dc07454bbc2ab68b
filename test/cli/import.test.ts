import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const none = { new: 0, returning: 0, changed: 0, unchanged: 0, leaving: 0 };
const report = {
  customers: none,
  users: { ...none, new: 2 },
  staff: none,
  changes: [],
  more_changes: 0,
  duplicates: [],
  effects: [{ kind: 'gain', resource: 'northwind-app', entitlement: 'use', people: 2, organizations: 1 }],
  fences: [],
  problems: [],
};
const noAccounts = { people: 1, adopted: 0, surplus: 0, left_alone: 0, missing: 0 };
const nothing = { ...report, users: { ...none, unchanged: 2 }, effects: [] };
const header = 'customer,email,name,contract_role,roles\n';
const users = `${header}acme,uma@acme.example,Uma,member,analyst; viewer\nacme,otto@acme.example,"Otto, the second",,\n`;

describe('tenure import', () => {
  let api: FakeApi;
  let folder: string;
  beforeEach(async () => {
    api = await startFakeApi();
    folder = await mkdtemp(join(tmpdir(), 'tenure-import-'));
    await file('users.csv', users);
    api.on('POST /v1/imports/preview', { body: report });
    api.on('POST /v1/imports', { status: 201, body: { ...report, id: 'imp_1', processes: ['proc_1'] } });
  });
  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });
  const file = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);
  const run = (words: string[] = [], setting = {}) =>
    runWords(api.url, ['import', folder, ...words], setting);

  it('sends what the files say: a column that is not there says nothing, an empty cell that there is none', async () => {
    await file('customers.csv', 'key,name,contract_until\numbra,Umbra,2027-12-31\n');
    await file('staff.csv', 'email,name,department,ends_at\nsam@northwind.example,Sam,,\n');
    expect((await run(['--complete', 'users'])).code).toBe(0);
    expect(api.calls.map(({ path, body }) => [path, body])).toEqual([
      [
        '/v1/imports/preview',
        {
          customers: [{ key: 'umbra', name: 'Umbra', contract_until: '2027-12-31T00:00:00Z' }],
          users: [
            {
              customer: 'acme',
              email: 'uma@acme.example',
              name: 'Uma',
              contract_role: 'member',
              roles: ['analyst', 'viewer'],
            },
            {
              customer: 'acme',
              email: 'otto@acme.example',
              name: 'Otto, the second',
              contract_role: null,
              roles: [],
            },
          ],
          staff: [{ email: 'sam@northwind.example', name: 'Sam', department: null, ends_at: null }],
          complete: ['users'],
        },
      ],
    ]);
  });

  it('takes one file as well', async () => {
    expect((await runWords(api.url, ['import', join(folder, 'users.csv')])).code).toBe(0);
    expect(api.calls[0]?.body).toMatchObject({ customers: [], staff: [], users: [{ name: 'Uma' }, {}] });
  });

  it('without a reason only says what would happen, and how to go on', async () => {
    api.on('POST /v1/imports/preview', {
      body: {
        ...report,
        users: { ...none, changed: 8, leaving: 1 },
        duplicates: [{ list: 'users', name: 'uma@acme.example', rows: [0, 1] }],
        fences: [{ organization: 'acme', people: 9, limit: 5, held: 4 }],
      },
    });
    const { code, out } = await run([], { columns: 80 });
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'Import  8 changed; 1 person leaves',
        '  Users         8 changed, 1 leaving',
        '  Counted once  uma@acme.example, users.csv lines 2 and 3',
        'By their roles, as far as policy lets them:',
        '  2 people gain use on northwind-app',
        'Accounts that people have already are taken over as they are, and what they hold',
        'beside their roles stays. Nobody is written to.',
        'The fence would hold 4 of 9 people of acme whose access changes, because 5 may',
        'change at once: another person lets them go on (fences).',
        '',
        `Import it:  npm run -s tenure -- import ${folder} --why …`,
        '',
      ].join('\n'),
    );
    expect(api.calls).toHaveLength(1);
  });

  it('waits for what the workers find in targets, and says what somebody has to decide', async () => {
    const found = { resource: 'northwind-app', account: 'u-1', holds: ['use (acme)', 'beta (acme)'] };
    const looked = {
      resources: [
        {
          resource: 'northwind-app',
          people: 2,
          adopted: 1,
          surplus: 1,
          left_alone: 1,
          missing: 0,
          not_looked: null,
        },
        { ...noAccounts, resource: 'acme-env', not_looked: 'target-unreachable' },
        { ...noAccounts, resource: 'globex-env', not_looked: 'cannot-be-asked' },
      ],
      accounts: [
        { ...found, email: 'otto@acme.example', hindrance: 'administrator', surplus: [] },
        { ...found, email: 'uma@acme.example', hindrance: null, surplus: ['beta (acme)'] },
        { ...found, email: 'ida@acme.example', hindrance: null, surplus: [] },
      ],
      more_accounts: 0,
    };
    const search = { id: 'search_1', state: 'looking', report: null };
    api.on('POST /v1/imports/preview', { body: { ...report, search: 'search_1' } });
    const asks = [
      { body: search },
      { body: search },
      { body: { ...search, state: 'ready', report: looked } },
    ];
    api.on('GET /v1/imports/searches/search_1', asks);
    const { out, err } = await run();
    expect(err).toBe('Looking for accounts in the targets …\n');
    expect(out).toContain(
      [
        'Accounts that there are in the targets:',
        '  northwind-app, 2 people: 1 taken over (1 with more than roles give, which stays), 0 to be made, 1 left alone',
        '  acme-env, 1 person; it could not be looked there (target-unreachable)',
        '  globex-env, 1 person; it does not tell of accounts, so each gets one of ours',
        'About these somebody decides (tasks, once imported):',
        '  otto@acme.example: u-1 on northwind-app is left alone, it may do more than any role gives',
        '  uma@acme.example: u-1 on northwind-app holds beta (acme) beside its roles',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run(['--json'])).out)).toMatchObject({ users: { new: 2 }, accounts: looked });
    api.on('GET /v1/imports/searches/search_1', { body: search });
    expect((await run()).out).toContain('Nobody has looked into the targets yet (no worker answers)');
    expect(JSON.parse((await run(['--json'])).out)).toMatchObject({ accounts: null });
  });

  it('previews, asks, and imports', async () => {
    const { code, out, err } = await run(['--why', 'Moving'], { isInteractive: true, answer: 'y' });
    expect(code).toBe(0);
    expect(err).toBe('Import it? [y/N] ');
    expect(out).toContain('Imported (imp_1). 1 process brings access in line:');
    expect(api.calls.at(-1)).toMatchObject({ path: '/v1/imports', body: { reason: 'Moving', complete: [] } });
  });

  it('imports nothing on a no, without a terminal, or where nothing would change', async () => {
    expect(await run(['--why', 'x'], { isInteractive: true, answer: 'n' })).toMatchObject({ code: 0 });
    expect(await run(['--why', 'x'])).toMatchObject({ code: 2, out: '' });
    api.on('POST /v1/imports/preview', { body: nothing });
    const { code, out } = await run(['--why', 'x', '--yes']);
    expect({ code, first: out.split('\n')[0] }).toEqual({
      code: 0,
      first: 'Import  everything is so already: nothing would change',
    });
    expect(api.calls.every(({ path }) => path === '/v1/imports/preview')).toBe(true);
  });

  it('with --json previews or imports in one call, and prints the answer as it came', async () => {
    const previewed = await run(['--json']);
    expect(JSON.parse(previewed.out)).toEqual(report);
    const applied = await run(['--json', '--why', 'x']);
    expect(JSON.parse(applied.out)).toMatchObject({ id: 'imp_1' });
    expect(api.calls.map(({ path }) => path)).toEqual(['/v1/imports/preview', '/v1/imports']);
  });

  it.each([
    [
      '',
      'users.csv:1: The file is empty: its first line names the columns, customer, email, name, contract_role, roles, account.',
    ],
    [
      'customer,email,name,rolls\n',
      'users.csv:1 rolls: There is no such column. There are customer, email, name, contract_role, roles, account.',
    ],
    ['customer,email,name,name\n', 'users.csv:1 name: This column stands here twice.'],
    ['email,name\n', 'users.csv:1: The column customer is missing.'],
    [`${header}acme,a@b.example\n`, 'users.csv:2: 2 cells, where the first line names 5 columns.'],
    [`${header}acme,a@b.example,,,\n`, 'users.csv:2 name: Fill this in.'],
    [
      `${header}acme,a@b.example,A "B" C,,\n`,
      'users.csv:2 column 20: A quote inside a cell: put the whole cell in quotes, and double this one.',
    ],
    [Buffer.from([0x61, 0xff]), 'users.csv:1: This is no UTF-8 text. Save it as UTF-8.'],
  ])('names file, line and column of what cannot be read: %j', async (text, mistake) => {
    await file('users.csv', text);
    expect(await run()).toEqual({ code: 2, out: '', err: `${mistake}\n` });
    expect(api.calls).toHaveLength(0);
  });

  it('refuses instants that are none, other files, and places where there is nothing', async () => {
    await file('staff.csv', 'email,name,starts_at\na@b.example,A,soon\n');
    expect((await run()).err).toMatch(/^staff.csv:2 starts_at: Write a day such as/);
    await file('people.csv', users);
    expect((await run()).err).toBe(
      'people.csv:1: No part of an import: its files are customers.csv, users.csv, staff.csv.\n',
    );
    expect((await runWords(api.url, ['import', join(folder, 'people.csv')])).code).toBe(2);
    expect((await runWords(api.url, ['import', join(folder, 'none')])).code).toBe(2);
  });

  it('names the place of what only the API finds', async () => {
    await file('users.csv', `${users}\n\nacme,third@acme.example,Third,,wizard\n`);
    const wrong = [
      { pointer: '/users/2/roles/0', detail: 'There is no role wizard.' },
      { pointer: '/users/0/email', detail: 'Use another one.' },
    ];
    api.on('POST /v1/imports/preview', { body: { ...report, problems: wrong } });
    const previewed = await run(['--why', 'x', '--yes']);
    expect(previewed.code).toBe(2);
    expect(previewed.out).toContain('Import  2 things are wrong: nothing can be imported');
    expect(previewed.err).toBe(
      'users.csv:6 roles: There is no role wizard.\nusers.csv:2 email: Use another one.\n',
    );
    api.on('POST /v1/imports/preview', problem(422, 'invalid-input', { errors: wrong }));
    expect((await run()).err).toContain('users.csv:6 roles: There is no role wizard.\n');
    expect((await run(['--json'])).code).toBe(2);
  });

  it('says that it can be imported again when something was changed meanwhile', async () => {
    api.on('POST /v1/imports', problem(409, 'stale-revision', { detail: 'Import again to go on.' }));
    const { code, err } = await run(['--why', 'x', '--yes']);
    expect({ code, err }).toEqual({ code: 3, err: 'Import again to go on.\n' });
  });
});
