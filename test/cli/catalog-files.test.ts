import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  CatalogFilesError,
  mistakeInWords,
  readCatalogFolder,
  writeCatalogFolder,
} from '../../bin/cli/catalog-files.ts';
import { UsageError } from '../../bin/cli/errors.ts';
import { exampleSettings } from '../../bin/local/example-targets.ts';
import { catalogChanges } from '../../domain/catalog-changes.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { defaultSettings } from '../../domain/catalog-settings.ts';
import {
  anyCatalog,
  catalogWith,
  overrideWith,
  resourceWith,
  roleWith,
  turnedRound,
} from '../support/catalog.ts';

const example = fileURLToPath(new URL('../../examples/catalog', import.meta.url));
const northwind = fileURLToPath(new URL('../../examples/northwind.yaml', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalog-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = [
  'customer-types.yaml',
  'overrides.yaml',
  'resources.yaml',
  'roles.yaml',
  'settings.yaml',
  'tiers.yaml',
];

function write(file: string, ...lines: string[]): void {
  writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
}

function textOf(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

async function mistakes(): Promise<string[]> {
  const error: unknown = await readCatalogFolder(folder).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CatalogFilesError)) throw new TypeError('Expected mistakes', { cause: error });
  expect(error.message).toBe(error.mistakes.map(mistakeInWords).join('\n'));
  return error.mistakes.map(mistakeInWords);
}

describe('what is written', () => {
  it('is read back as the same catalog, and writes the same bytes again whatever its order', async () => {
    await fc.assert(
      fc.asyncProperty(anyCatalog, async (catalog) => {
        await writeCatalogFolder(folder, catalog);
        const texts = files.map(textOf);
        const read = await readCatalogFolder(folder);
        expect(catalogDocument(read.catalog)).toEqual(catalogDocument(catalog));
        expect(catalogChanges(catalog, read.catalog)).toEqual([]);
        await writeCatalogFolder(folder, turnedRound(read.catalog));
        expect(files.map(textOf)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it('is six files, in a folder that is made for it', async () => {
    const inner = join(folder, 'new', 'catalog');
    await writeCatalogFolder(inner, catalogWith({}));
    expect(readdirSync(inner).sort()).toEqual(files);
    expect(readFileSync(join(inner, 'customer-types.yaml'), 'utf8')).toBe('customer_types: []\n');
    await expect(readCatalogFolder(inner)).resolves.toMatchObject({ catalog: catalogWith({}) });
  });
});

describe('mistakes in the files', () => {
  beforeEach(() =>
    writeCatalogFolder(
      folder,
      catalogWith({
        resources: [resourceWith('env')],
        roles: [roleWith('member')],
        overrides: [overrideWith()],
      }),
    ),
  );

  it('of form are told all at once, file by file and line by line', async () => {
    write(
      'roles.yaml',
      '# Roles',
      'roles:',
      '  - key: Big One',
      '    name: Big',
      '    dutys: [read-records]',
      '  - name: Nameless',
      '    includes:',
      '      - member',
      '      - 7',
      '  - { key: x,',
      '      name: "" }',
      'more: 1',
    );
    write('tiers.yaml', 'tiers:', '  - key: free', '    name: Free', '    seats:');
    write('overrides.yaml', 'overrides:', '  - customer: acme', '    what: { kind: seats, seats: 4 }');
    expect(await mistakes()).toEqual([
      'roles.yaml:3 roles[0].key: Small letters and digits, with single hyphens between, such as acme-env.',
      'roles.yaml:5 roles[0].dutys: There is no such field.',
      'roles.yaml:6 roles[1].key: This is missing.',
      'roles.yaml:9 roles[1].includes[1]: This must be a text.',
      'roles.yaml:11 roles[2].name: Say something here.',
      'roles.yaml:12 more: There is no such field.',
      'tiers.yaml:4 tiers[0].seats: A whole number from 1 on, or unlimited.',
      'overrides.yaml:2 overrides[0].reason: This is missing.',
      'overrides.yaml:2 overrides[0].approver: This is missing.',
      'overrides.yaml:2 overrides[0].until: This is missing.',
    ]);
  });

  it('of sense are told all at once, across files', async () => {
    write(
      'roles.yaml',
      'roles:',
      '  - key: a',
      '    name: A',
      '    includes: [b]',
      '    entitlements:',
      '      - env:read',
      '      - env:fly',
      '      - moon:read',
      '  - key: b',
      '    name: B',
      '    includes:',
      '      - gone',
      '      - a',
    );
    write(
      'tiers.yaml',
      'tiers:',
      '  - key: free',
      '    name: Free',
      '    seats: unlimited',
      '    allowed_roles: [a]',
      '    default_roles:',
      '      member:',
      '        - b',
    );
    expect(await mistakes()).toEqual([
      'roles.yaml:4 roles[0].includes[0]: Roles include each other in a circle: a includes b, b includes a.',
      'roles.yaml:7 roles[0].entitlements[1]: The resource env has no entitlement fly.',
      'roles.yaml:8 roles[0].entitlements[2]: There is no resource moon.',
      'roles.yaml:12 roles[1].includes[0]: There is no role gone.',
      'tiers.yaml:8 tiers[0].default_roles.member[0]: The tier free does not allow the role b.',
    ]);
  });

  it('of YAML are told with their lines, beside those of other files', async () => {
    write('roles.yaml', 'roles:', '  - key: a', '    key: b', '    name: A');
    write('resources.yaml', 'resources: [', 'x: 1');
    write('tiers.yaml', 'tiers: []', '---', 'tiers: []');
    write('customer-types.yaml', 'customer_types:', '  - &a [*a]');
    write('overrides.yaml', 'overrides: !!odd []');
    const found = await mistakes();
    const places = found.map((one) => one.slice(0, one.indexOf(': ')));
    expect([...new Set(places)]).toEqual([
      'resources.yaml:2',
      'roles.yaml:3',
      'tiers.yaml:2',
      'customer-types.yaml:2',
      'overrides.yaml:1',
    ]);
    expect(found).toContain('customer-types.yaml:2: *a is not followed: write it out here.');
  });

  it('of whole files: one missing, empty, under another name, or no text', async () => {
    unlinkSync(join(folder, 'overrides.yaml'));
    write('resources.yaml', '');
    write('role.yaml', 'roles: []');
    write('tiers.yml', 'tiers: []');
    write('tiers.yaml', '- key: free');
    writeFileSync(join(folder, 'customer-types.yaml'), Buffer.from([0x61, 0x3a, 0xff]));
    unlinkSync(join(folder, 'settings.yaml'));
    const six = 'resources.yaml, roles.yaml, tiers.yaml, customer-types.yaml, overrides.yaml, settings.yaml';
    expect(await mistakes()).toEqual([
      `role.yaml:1: No part of a catalog: its files are ${six}.`,
      `tiers.yml:1: No part of a catalog: its files are ${six}.`,
      'resources.yaml:1: This file has one member, `resources:`, and a list in it.',
      'tiers.yaml:1: This file has one member, `tiers:`, and a list in it.',
      'customer-types.yaml:1: This is no UTF-8 text.',
      'overrides.yaml:1: This file is missing; one with an empty list, `[]`, says that there are none.',
      'settings.yaml:1: This file is missing; one with nothing in it, `settings: {}`, says that all is as usual.',
    ]);
    await expect(readCatalogFolder(join(folder, 'nowhere'))).rejects.toThrow(UsageError);
  });

  it('of the settings are told by line and field, also where a section says nothing', async () => {
    write(
      'settings.yaml',
      'settings:',
      '  churn_grace: P1M',
      '  dunning:',
      '    - { state: notice, after: PT0S }',
      '    - state: suspend',
      '      after: now',
      '  fence:',
      '    people:',
      '      share: 2',
      '      least: 0.5',
      '  restrict: []',
    );
    expect(await mistakes()).toEqual([
      'settings.yaml:2 settings.churn_grace: An ISO 8601 period such as P7D, or PT0S for at once.',
      'settings.yaml:5 settings.dunning[1].state: One of notice, restricted, suspended, offboarded.',
      'settings.yaml:6 settings.dunning[1].after: An ISO 8601 period such as P7D, or PT0S for at once.',
      'settings.yaml:9 settings.fence.people.share: A share from 0 to 1, such as 0.02.',
      'settings.yaml:10 settings.fence.people.least: A whole number from 0 on.',
      'settings.yaml:11 settings.restrict: There is no such field.',
    ]);
    write('settings.yaml', 'settings:');
    expect(await mistakes()).toEqual([
      'settings.yaml:1 settings: This must be an object with named members.',
    ]);
    write('settings.yaml', 'settings: {}');
    await expect(readCatalogFolder(folder)).resolves.toMatchObject({
      catalog: { settings: defaultSettings },
    });
    write(
      'settings.yaml',
      'settings:',
      '  welcome:',
      '    reminders: [P2D, P1D, P7D]',
      '  dunning:',
      '    - { state: suspended, after: P3D }',
      '    - { state: notice, after: P3D }',
      '  restricted_roles: [gone]',
    );
    expect(await mistakes()).toEqual([
      'settings.yaml:3 settings.welcome.reminders[1]: A reminder comes later than the one before it.',
      'settings.yaml:3 settings.welcome.reminders[2]: By then the link has expired.',
      'settings.yaml:6 settings.dunning[1].state: The order is notice, restricted, suspended, offboarded.',
      'settings.yaml:6 settings.dunning[1].after: A step comes later than the one before it.',
      'settings.yaml:7 settings.restricted_roles[0]: There is no role gone.',
    ]);
  });

  it('that only the API finds can be placed too', async () => {
    const { placeOf } = await readCatalogFolder(folder);
    const owner =
      textOf('resources.yaml')
        .split('\n')
        .findIndex((line) => line.includes('owner:')) + 1;
    expect(placeOf(['resources', 0, 'owner'])).toEqual({
      file: 'resources.yaml',
      line: owner,
      field: 'resources[0].owner',
    });
    expect(placeOf(['roles'])).toEqual({ file: 'roles.yaml', line: 1, field: 'roles' });
    expect(placeOf([])).toEqual({ file: folder, line: 1, field: '' });
  });
});

describe("the example company's catalog", () => {
  it('has no mistakes and is written as the export writes it, but for comments', async () => {
    const { catalog } = await readCatalogFolder(example);
    await writeCatalogFolder(folder, catalog);
    for (const file of files) {
      const lines = readFileSync(join(example, file), 'utf8').split('\n');
      expect(textOf(file)).toBe(lines.filter((line) => !line.startsWith('#')).join('\n'));
    }
  });

  it('names the people, roles, tiers and databases of the company that the first start loads', async () => {
    const { catalog } = await readCatalogFolder(example);
    const company = parse(readFileSync(northwind, 'utf8'));
    const people: { email: string; roles: string[]; organization?: string }[] = company.people;
    expect(people.map((one) => one.email)).toEqual(
      expect.arrayContaining([
        ...catalog.resources.map((one) => one.owner),
        ...catalog.overrides.map((one) => one.approver),
        ...(catalog.settings.handover === null ? [] : [catalog.settings.handover]),
      ]),
    );
    const roles = catalog.roles.map((one) => one.key);
    expect(roles).toEqual(expect.arrayContaining(people.flatMap((one) => one.roles)));
    for (const { key, tier, customer_type: type } of company.organizations) {
      if (tier === undefined) continue;
      expect(catalog.customerTypes.find((one) => one.key === type)).toMatchObject({ tier });
      // What a customer's people hold already, their tier allows.
      const held = people.filter((one) => one.organization === key).flatMap((one) => one.roles);
      const allowed = catalog.tiers.find((one) => one.key === tier)?.allowedRoles ?? [];
      expect(allowed).toEqual(expect.arrayContaining(held));
    }
    const databases = {
      'postgres-eu': 'shared_eu',
      'acme-env': 'acme_env',
      'postgres-us': 'shared_us',
      'globex-env': 'globex_env',
      'initech-env': 'initech_env',
    } as const;
    for (const [key, database] of Object.entries(databases))
      expect(catalog.resources.find((one) => one.key === key)?.settings).toEqual(exampleSettings(database));
  });
});
