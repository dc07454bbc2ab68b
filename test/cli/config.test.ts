import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../bin/cli/config-shapes.ts';
import { planText } from '../../bin/cli/config-text.ts';
import type { Terminal } from '../../bin/cli/terminal.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type Ran, runWords, type Setting } from './run-words.ts';

// The access catalog as files, against the real API on a ledger of its own.

const omar = 'omar@northwind.example';
let http: ApiHarness;
let url: string;
let close: () => Promise<unknown>;
let folder: string;

beforeAll(async () => {
  http = await startApi();
  const server = serve({ fetch: http.api.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((listening) => server.once('listening', listening));
  // Listening on TCP, so the address is never a pipe's name.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((closed) => server.close(closed));
  await http.ledger.owner.db.execute(
    sql`update membership set contract_role = 'member' where given_roles <> '{}'`,
  );
});
afterAll(async () => {
  await close();
  await http.stop();
});
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'config-')), 'catalog');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
  expect(http.faults.splice(0)).toEqual([]);
});

async function tenure(words: string[], setting: Setting = {}, who = omar): Promise<Ran> {
  return runWords(url, ['config', ...words], { token: await http.token(who), ...setting });
}

async function exported(): Promise<void> {
  expect(await tenure(['export', folder])).toMatchObject({ code: 0, err: '' });
}

function textOf(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function edit(file: string, from: string, to: string): void {
  expect(textOf(file)).toContain(from);
  writeFileSync(join(folder, file), textOf(file).replace(from, to));
}

const base = () => Number(textOf('.revision'));

describe('what a plan says', () => {
  const organization = { key: 'globex', name: 'Globex' };
  const acme = { key: 'acme', name: 'Acme' };
  const plan = (role_changes: Plan['role_changes']): string => {
    const terminal: Terminal = {
      out: () => undefined,
      err: () => undefined,
      isInteractive: false,
      canRedraw: false,
      hasColour: false,
      columns: () => null,
      ask: () => Promise.resolve(null),
    };
    const page = { nowMs: 0, terminal };
    const change = { sentence: 'tier free changed' };
    return planText(page, { base_revision: 1, changes: [change], effects: [], role_changes, problems: [] });
  };

  it('tells how many would wait behind a fence, and nothing of it where nobody would', () => {
    expect(plan([{ organization, people: 40, waiting: 0 }])).not.toMatch(/wait/);
    const one = plan([
      { organization: acme, people: 3, waiting: 0 },
      { organization, people: 40, waiting: 35 },
    ]);
    expect(one).toContain('  organization     who        of them wait\n');
    expect(one).toContain('  Globex (globex)  40 people  35\n');
    expect(one).toContain('35 people of Globex would wait behind a fence: a second person releases them.\n');
    const both = plan([
      { organization: acme, people: 9, waiting: 4 },
      { organization, people: 40, waiting: 35 },
    ]);
    expect(both).toContain('39 people would wait behind a fence');
  });
});

describe('config export', () => {
  it('writes six files and which revision they are, and writes over nobody’s work unasked', async () => {
    await exported();
    expect(readdirSync(folder).sort()).toEqual([
      '.revision',
      'customer-types.yaml',
      'overrides.yaml',
      'resources.yaml',
      'roles.yaml',
      'settings.yaml',
      'tiers.yaml',
    ]);
    expect(base()).toBe(1);
    edit('tiers.yaml', 'seats: 25', 'seats: 26');
    const again = await tenure(['export', folder]);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('add --yes') });
    const no = await tenure(['export', folder], { isInteractive: true, answer: 'n' });
    expect(no).toMatchObject({ code: 0, out: '', err: expect.stringContaining('Nothing was written.') });
    expect(textOf('tiers.yaml')).toContain('seats: 26');
    expect((await tenure(['export', folder, '--yes'])).code).toBe(0);
    expect(textOf('tiers.yaml')).toContain('seats: 25');
  });
});

describe('config plan', () => {
  it('says what changes and for how many people, and that nothing changes', async () => {
    await exported();
    expect((await tenure(['plan', folder])).out).toBe('Nothing would change: revision 1 says the same.\n');
    edit('roles.yaml', '- northwind-app:export', '- northwind-app:automate');
    const { code, out, err } = await tenure(['plan', folder]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        'From revision 1  1 change',
        '  role analyst changed: entitlements + northwind-app:automate, - northwind-app:export',
        'For people:',
        '  3 people lose export on northwind-app',
        '  3 people gain automate on northwind-app',
        'Role changes would begin for 2 organizations.',
        '  organization   who',
        '  Acme (acme)      2 people',
        '  Globex (globex)  1 person',
        '',
      ]
        .join('\n')
        .replace('organization   who', 'organization     who'),
    );
    const json = await tenure(['plan', folder, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ base_revision: 1, problems: [] });
  });

  it('tells mistakes line by line at their places: those of the files, and those that only the ledger knows', async () => {
    await exported();
    edit('tiers.yaml', 'seats: 25', 'seats: many');
    edit('roles.yaml', 'name: Legal', 'nam: Legal');
    const inFiles = await tenure(['plan', folder]);
    expect(inFiles.code).toBe(2);
    expect(inFiles.err.split('\n')).toEqual([
      expect.stringMatching(/^roles\.yaml:\d+ roles\[5\]\.name: This is missing\.$/),
      expect.stringMatching(/^roles\.yaml:\d+ roles\[5\]\.nam: There is no such field\.$/),
      expect.stringMatching(/^tiers\.yaml:\d+ tiers\[2\]\.seats: A whole number/),
      '',
    ]);
    const asJson = await tenure(['plan', folder, '--json']);
    expect(asJson).toMatchObject({ code: 2, err: '' });
    expect(JSON.parse(asJson.out).problems[0]).toMatchObject({ file: 'roles.yaml', field: 'roles[5].name' });
    await tenure(['export', folder, '--yes']);
    // Not in the order of the export: places are those of the files all the same.
    const roles = textOf('roles.yaml');
    const ghost = '  - key: zoo\n    name: Zoo\n  - key: administrator\n';
    writeFileSync(join(folder, 'roles.yaml'), roles.replace('  - key: administrator\n', ghost));
    edit('resources.yaml', 'owner: omar@northwind.example', 'owner: nobody@northwind.example');
    edit('roles.yaml', '  - key: legal\n    name: Legal\n', '');
    const line =
      textOf('resources.yaml')
        .split('\n')
        .findIndex((one) => one.includes('nobody@')) + 1;
    const inLedger = await tenure(['plan', folder]);
    expect(inLedger).toMatchObject({
      code: 2,
      out: '',
      err: [
        `resources.yaml:${line} resources[0].owner: Nobody has the address nobody@northwind.example.`,
        'roles.yaml:1 roles: The role legal cannot be removed: lena@northwind.example uses it.',
        '',
      ].join('\n'),
    });
    const withJson = await tenure(['plan', folder, '--json']);
    expect(withJson).toMatchObject({ code: 2, err: '' });
    expect(JSON.parse(withJson.out).problems).toHaveLength(2);
  });

  it('refuses hostile files quickly: bombs of aliases, pollution, depth and size', async () => {
    await exported();
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefghijklmnop'.split('').map((one, at) => {
        const former = 'abcdefghijklmno'[at];
        return `${one}: &${one} [${`*${former}, `.repeat(10)}]`;
      }),
      'roles: [*p]',
    ].join('\n');
    const hostile: [string, RegExp][] = [
      [bomb, /\*a is not followed: write it out here\./],
      ['roles:\n  - key: x\n    name: X\n    __proto__: { key: y }\n', /There is no such field\./],
      [`roles: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, /^roles\.yaml:1/],
      [`roles:\n${'# a comment that is long\n'.repeat(450_000)}`, /This file has more than 2 MiB\./],
      ['roles: !!js/function "x"\n', /^roles\.yaml:1/],
    ];
    for (const [text, expected] of hostile) {
      writeFileSync(join(folder, 'roles.yaml'), text);
      const { code, err } = await tenure(['plan', folder]);
      expect({ code, err: err.slice(0, 500) }).toEqual({ code: 2, err: expect.stringMatching(expected) });
    }
    expect(Object.prototype).not.toHaveProperty('key');
  });
});

describe('config apply', () => {
  it('shows the plan, asks, and notes the new revision; without a terminal it wants --yes', async () => {
    await exported();
    const from = base();
    edit('roles.yaml', '- northwind-app:export', '- northwind-app:automate');
    const why = ['--why', 'Analysts automate'];
    expect(await tenure(['apply', folder, ...why])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--yes'),
    });
    const no = await tenure(['apply', folder, ...why], { isInteractive: true, answer: 'no' });
    expect(no).toMatchObject({ code: 0, err: 'Apply it? [y/N] Nothing was changed.\n' });
    expect(base()).toBe(from);
    const yes = await tenure(['apply', folder, ...why], { isInteractive: true, answer: 'y' });
    expect(yes).toMatchObject({ code: 0, err: 'Apply it? [y/N] ' });
    expect(yes.out).toMatch(/3 people gain automate on northwind-app/);
    expect(yes.out).toMatch(
      new RegExp(`Revision ${from + 1}  in force\nRole changes have begun for 2 organizations\\.\n`),
    );
    expect(yes.out).toMatch(/Acme \(acme\) +2 people +proc_\w{26}\n/);
    expect(base()).toBe(from + 1);
    const none = await tenure(['apply', folder, ...why, '--yes']);
    expect(none).toMatchObject({
      code: 0,
      out: `Nothing would change: revision ${from + 1} says the same.\n`,
    });
    edit('roles.yaml', '- northwind-app:automate', '- northwind-app:export');
    const json = await tenure(['apply', folder, ...why, '--json']);
    expect({ code: json.code, ...JSON.parse(json.out) }).toMatchObject({ code: 0, revision: from + 2 });
    expect(base()).toBe(from + 2);
  });

  it('of an older revision is refused in clear words, and overwrites nothing', async () => {
    await exported();
    const from = base();
    edit('tiers.yaml', 'seats: 25', 'seats: 50');
    expect((await tenure(['apply', folder, '--why', 'Fifty', '--yes'])).code).toBe(0);
    writeFileSync(join(folder, '.revision'), `${from}\n`);
    edit('tiers.yaml', 'seats: 50', 'seats: 60');
    for (const words of [
      ['plan', folder],
      ['apply', folder, '--why', 'Sixty', '--yes'],
    ]) {
      const { code, out, err } = await tenure(words);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toContain(`It was made from revision ${from}, and the newest is ${from + 1}.`);
      expect(err).toContain('Nothing was overwritten.');
    }
    expect((await tenure(['show'])).out).toContain('seats: 50');
    // To go back is to write what was as the next revision, knowingly.
    const former = join(folder, '..', 'former');
    expect((await tenure(['export', former, '--revision', String(from)])).code).toBe(0);
    const back = await tenure(['apply', former, '--base', String(from + 1), '--why', 'Back', '--yes']);
    expect(back).toMatchObject({
      code: 0,
      out: expect.stringContaining('tier professional changed: seats 50 → 25'),
    });
  });

  it('tells what it does not know: no folder, no base, no duty, and a catalog that is refused', async () => {
    expect(await tenure(['plan', folder])).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no folder'),
    });
    await exported();
    rmSync(join(folder, '.revision'));
    expect(await tenure(['plan', folder])).toMatchObject({ code: 2, err: expect.stringContaining('--base') });
    expect((await tenure(['plan', folder, '--base', 'x'])).code).toBe(2);
    await tenure(['export', folder, '--yes']);
    edit('roles.yaml', '  - key: operations\n', '  - key: operations\n    entitlements: [acme-env:read]\n');
    const own = await tenure(['apply', folder, '--why', 'x', '--yes']);
    expect(own).toMatchObject({
      code: 2,
      err: 'You would give yourself acme-env:read: somebody else has to apply it.\n',
    });
    expect((await tenure(['apply', folder, '--why', 'x', '--json'])).code).toBe(5);
    expect((await tenure(['plan', folder], {}, 'sam@northwind.example')).code).toBe(5);
    expect((await tenure(['show'], {}, 'anna@acme.example')).code).toBe(5);
  });
});

describe('config log and show', () => {
  it('say who changed what when and why, and the whole as one document', async () => {
    const { revision } = JSON.parse((await tenure(['show', '--json'])).out);
    const log = await tenure(['log']);
    expect(log.out.split('\n').at(-2)).toMatch(/^ +1 +.* The example company$/);
    expect(log.out).toMatch(new RegExp(`\n +${revision} +.*Omar <${omar}> +\\S`));
    expect(JSON.parse((await tenure(['log', '--json'])).out).items).toHaveLength(revision);
    const first = await tenure(['show', '--revision', '1']);
    expect(first.out).toMatch(
      /^# revision 1, .*, system, The example company\nresources:\n {2}- key: acme-env\n/,
    );
    const before = await tenure(['show', '--at', '2001-01-01T00:00Z']);
    expect(before.out).toMatch(/^# revision 0\nresources: \[\]\n/);
    const leading = await runWords(url, ['--json', 'config', 'log'], { token: await http.token(omar) });
    expect(leading).toMatchObject({ code: 0, out: expect.stringMatching(/^\{"items"/) });
  });
});
