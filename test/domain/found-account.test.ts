import { describe, expect, it } from 'vitest';
import {
  type FoundAccount,
  judgeFound,
  keepingFound,
  type SoughtPerson,
} from '../../domain/found-account.ts';
import { newId } from '../../domain/ids.ts';
import type { Holding } from '../../domain/plan.ts';

const holding = (over: Partial<Holding> = {}): Holding => ({
  account: 'u-1',
  entitlement: 'edit',
  scope: 'acme',
  until: '9999-12-31T23:59:59.999Z',
  ...over,
});
const anna: SoughtPerson = {
  email: 'anna@acme.example',
  account: null,
  personId: newId('person'),
  customer: 'acme',
  wants: [{ entitlement: 'edit', scope: 'acme' }],
};
const found = (over: Partial<FoundAccount> = {}): FoundAccount => ({
  email: anna.email,
  account: 'u-1',
  hindrance: null,
  holdings: [holding()],
  ...over,
});
const judge = (
  accounts: FoundAccount[],
  people = [anna],
  ownerOf: (account: string) => string | null = () => null,
) =>
  judgeFound(people, accounts, { ownerOf, isShared: true }).map(({ email, hindrance }) => [email, hindrance]);

describe('an account that was found', () => {
  it('is taken over, and what no role gives of it is told, for each customer', () => {
    const more = [holding({ entitlement: 'old' }), holding()];
    expect(judgeFound([anna], [found({ holdings: more })], { ownerOf: () => null, isShared: true })).toEqual([
      { email: anna.email, account: 'u-1', hindrance: null, holdings: more, surplus: [more[0]] },
    ]);
    expect(
      judgeFound([{ ...anna, customer: null }], [found({ holdings: [holding({ scope: 'globex' })] })], {
        ownerOf: () => null,
        isShared: true,
      }),
    ).toMatchObject([{ hindrance: null, surplus: [{ scope: 'globex' }] }]);
  });

  it('is no news where it is the one that we made', () => {
    expect(judge([found({ account: anna.personId ?? '' })])).toEqual([]);
  });

  it.each<[string, FoundAccount[], string]>([
    ['what the target says of it', [found({ hindrance: 'administrator' })], 'administrator'],
    ['another of the same person', [found(), found({ account: 'u-2' })], 'several-accounts'],
    ['the name that we gave somebody else', [found({ account: newId('person') })], 'taken'],
    [
      'another customer whose data it reaches',
      [found({ holdings: [holding({ scope: 'globex' })] })],
      'elsewhere',
    ],
  ])('is left alone because of %s', (_, accounts, hindrance) => {
    expect(judge(accounts)[0]).toEqual([anna.email, hindrance]);
  });

  it('is nobody’s that it is found for two people, or that somebody else has', () => {
    const bob = { ...anna, email: 'bob@acme.example', personId: newId('person') };
    expect(judge([found(), found({ email: bob.email })], [anna, bob])).toEqual([
      [anna.email, 'several-people'],
      [bob.email, 'several-people'],
    ]);
    expect(judge([found()], [anna], () => bob.personId)).toEqual([[anna.email, 'taken']]);
    expect(judge([found()], [anna], () => anna.personId)).toEqual([[anna.email, null]]);
    // Somebody whom the ledger does not know owns nothing yet.
    expect(judge([found()], [{ ...anna, personId: null }], () => bob.personId)).toEqual([
      [anna.email, 'taken'],
    ]);
  });

  it('holds only one entitlement where a grant has its account to itself', () => {
    const accounts = [
      found({ holdings: [holding({ scope: null }), holding({ scope: null, entitlement: 'x' })] }),
    ];
    const own = judgeFound([{ ...anna, wants: [{ entitlement: 'edit', scope: null }] }], accounts, {
      ownerOf: () => null,
      isShared: false,
    });
    expect(own).toMatchObject([{ hindrance: 'holds-more' }]);
  });
});

describe('what an account held before', () => {
  const [edit, old] = [holding(), holding({ entitlement: 'old' })];
  const grant = (isDue: boolean, isRolledBack = false) => ({ holding: holding(), isDue, isRolledBack });

  it('stays where no grant says anything of it', () => {
    expect(keepingFound([edit, old], [grant(false)], false)).toEqual({ restored: [], kept: [old] });
    expect(keepingFound([edit, old], [grant(true)], false)).toEqual({ restored: [], kept: [old] });
  });

  it('is as it was where what took it over failed, unless something else gives it', () => {
    expect(keepingFound([edit, old], [grant(true, true)], false)).toEqual({ restored: [edit], kept: [old] });
    expect(keepingFound([edit], [grant(true, true), grant(false)], false)).toEqual({
      restored: [],
      kept: [],
    });
  });

  it('is nothing of somebody who is cut off', () => {
    expect(keepingFound([edit, old], [grant(true, true)], true)).toEqual({ restored: [], kept: [] });
  });
});
