import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogChanges, changeInWords } from '../../domain/catalog-changes.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import {
  anyCatalog,
  catalogWith,
  edited,
  overrideWith,
  resourceWith,
  roleWith,
  tierWith,
  turnedRound,
} from '../support/catalog.ts';

describe('the changes between two catalogs', () => {
  it('are none exactly when both mean the same, and turn round with them', () => {
    const pair = fc.oneof(
      fc.tuple(anyCatalog, anyCatalog),
      anyCatalog.map((catalog) => [catalog, turnedRound(catalog)] as const),
      fc.tuple(anyCatalog, fc.nat()).map(([catalog, seed]) => [catalog, edited(catalog, seed)] as const),
    );
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const changes = catalogChanges(before, after);
        const isSame = JSON.stringify(catalogDocument(before)) === JSON.stringify(catalogDocument(after));
        expect(changes.length === 0).toBe(isSame);
        const opposite = { added: 'removed', removed: 'added', changed: 'changed' } as const;
        const back = catalogChanges(after, before).map(({ kind, noun, key }) => `${noun} ${key} ${kind}`);
        expect(back.sort()).toEqual(
          changes.map(({ kind, noun, key }) => `${noun} ${key} ${opposite[kind]}`).sort(),
        );
      }),
    );
    fc.assert(
      fc.property(anyCatalog, (catalog) => {
        expect(catalogChanges(catalog, turnedRound(catalog))).toEqual([]);
      }),
    );
  });

  it('are told in words, what comes before what goes', () => {
    const usual = (period: string) => [{ entitlement: 'read', roles: ['member'], period }];
    const before = catalogWith({
      resources: [
        resourceWith('env', { settings: { database: 'a', hosts: ['x'] }, usualAccess: usual('PT2H') }),
        resourceWith('old'),
      ],
      roles: [roleWith('member', { entitlements: ['env:read'] }), roleWith('gone')],
      tiers: [tierWith('pro', { seats: 25, features: { sso: true } })],
    });
    const after = catalogWith({
      resources: [
        resourceWith('env', {
          settings: { database: 'b', hosts: ['x', 'y'] },
          shared: true,
          usualAccess: usual('PT4H'),
          entitlements: [
            { key: 'read', name: 'See data' },
            { key: 'operate', name: 'Operate' },
          ],
        }),
      ],
      roles: [
        roleWith('member', { entitlements: ['env:operate'] }),
        roleWith('new', { includes: ['member'] }),
      ],
      tiers: [tierWith('pro', { seats: null, defaultRoles: { viewer: [] } })],
      overrides: [overrideWith()],
    });
    expect(catalogChanges(before, after).map(changeInWords)).toEqual([
      'resource env changed: settings.database a → b; settings.hosts ["x"] → ["x","y"]; entitlements.read Read data → See data; entitlements.write Read and change data → none; usual_access.read.period PT2H → PT4H; shared true; entitlements.operate Operate',
      'role member changed: entitlements + env:operate, - env:read',
      'role new added: name new; includes + member',
      'tier pro changed: seats 25 → unlimited; features.sso true → none; default_roles.viewer none',
      'override acme/seats added: customer acme; what.kind seats; what.seats 40; reason Agreed in the contract; approver priya@northwind.example; until 2027-06-30T22:00:00.000Z',
      'role gone removed',
      'resource old removed',
    ]);
  });

  it('of the settings are told one by one', () => {
    const before = catalogWith({ roles: [roleWith('a', { conflictsWith: ['b'] }), roleWith('b')] });
    const { fence, dunning, ...rest } = before.settings;
    const after = catalogWith({
      roles: [roleWith('a'), roleWith('b', { conflictsWith: ['a'] })],
      settings: {
        ...rest,
        churnGrace: 'P14D',
        welcome: { expires: 'P7D', reminders: ['P3D'] },
        dunning: dunning.flatMap((step) =>
          step.state === 'notice'
            ? []
            : [{ ...step, after: step.state === 'restricted' ? 'P10D' : step.after }],
        ),
        restrictedRoles: ['b'],
        fence: { ...fence, people: { ...fence.people, share: 0.1 } },
        handover: 'omar@northwind.example',
      },
    });
    expect(catalogChanges(before, after).map(changeInWords)).toEqual([
      'role a changed: conflicts_with - b',
      'role b changed: conflicts_with + a',
      'settings changed: churn_grace P7D → P14D; welcome.reminders + P3D, - P2D, - P5D; dunning.notice.after PT0S → none; dunning.restricted.after P7D → P10D; restricted_roles + b; fence.people.share 0.02 → 0.1; handover omar@northwind.example',
    ]);
    const none = { ...before, settings: { ...before.settings, dunning: [] } };
    expect(catalogChanges(before, none)).toHaveLength(1);
    expect(catalogChanges(none, before)).toHaveLength(1);
  });
});
