import { describe, expect, it } from 'vitest';
import { type Exchanged, refusedStage, stageOf } from '../../domain/exchange.ts';
import type { StandingPlan, StandingWish } from '../../domain/standing.ts';
import { catalogWith, roleWith } from '../support/catalog.ts';

// In which order one person's change is made.

const catalog = catalogWith({
  roles: [
    roleWith('payer', { entitlements: ['app:pay', 'app:look'], conflictsWith: ['approver'] }),
    roleWith('approver', { entitlements: ['app:approve', 'app:look'] }),
    roleWith('reader', { entitlements: ['app:read'] }),
  ],
});
const until = '2027-06-30T00:00:00.000Z';

type Grant = Exchanged & { ours: boolean; urgent: boolean };

function held(entitlement: string, more: Partial<Grant> = {}): Grant {
  const known = { until, state: 'held', ending: false, ours: false, urgent: false } as const;
  return { id: entitlement, resource: 'app', entitlement, ...known, ...more };
}

function wish(entitlement: string): StandingWish {
  return { resource: 'app', entitlement, organization: 'acme', until, because: [], grounds: [] };
}

const sooner = (id: string) =>
  ({ id, until: '2027-05-01T00:00:00.000Z', by: 'shortening', reviewId: null }) as const;
const later = (id: string) =>
  ({ id, until: '2027-12-31T00:00:00.000Z', by: 'contract', reviewId: null }) as const;

/** What is done of such a plan, by the names of the entitlements. */
function stage(roles: string[], open: Grant[], plan: Partial<StandingPlan>, hasFailed = false) {
  const whole = { begin: [], end: [], renew: [], ...plan };
  const facts = {
    catalog,
    roles,
    open,
    isOurs: ({ ours }: Grant) => ours,
    isUrgent: ({ urgent }: Grant) => urgent,
  };
  const { begin, renew, ...rest } = stageOf(whole, { ...facts, hasFailed });
  return {
    begin: begin.map((one) => one.entitlement),
    renew: renew.map(({ id, by }) => `${id} ${by}`),
    ...rest,
  };
}

const nothing = { begin: [], end: [], renew: [], makesRoom: [], isUnfinished: false, isGiven: false };

describe('what begins', () => {
  const plan = { begin: [wish('read')], end: ['pay'], renew: [later('look'), sooner('view')] };
  const open = [held('pay'), held('look'), held('view')];

  it('begins first, with what is prolonged; what ends, or ends sooner, waits for it', () => {
    expect(stage(['reader'], open, plan)).toEqual({
      ...nothing,
      begin: ['read'],
      renew: ['look contract'],
      isUnfinished: true,
    });
  });

  it('is waited for until it was read back, and while the last try failed', () => {
    const rest = { end: ['pay'], renew: [sooner('view')] };
    const ours = held('read', { ours: true, state: 'provisioning' });
    expect(stage(['reader'], [...open, ours], rest)).toEqual({ ...nothing, isUnfinished: true });
    const begun = held('read', { ours: true });
    expect(stage(['reader'], [...open, begun], rest, true)).toEqual({ ...nothing, isUnfinished: true });
    expect(stage(['reader'], [...open, begun], rest)).toEqual({
      ...nothing,
      end: ['pay'],
      renew: ['view shortening'],
      isGiven: true,
    });
  });

  it('keeps nothing waiting that must not wait', () => {
    const urgent = [held('pay', { urgent: true }), held('look'), held('view', { urgent: true })];
    expect(stage(['reader'], urgent, plan)).toEqual({
      ...nothing,
      begin: ['read'],
      end: ['pay'],
      renew: ['look contract', 'view shortening'],
    });
  });

  it('is nobody else’s: what another process gives is not waited for', () => {
    const theirs = held('read', { state: 'provisioning' });
    expect(stage(['reader'], [...open, theirs], { end: ['pay'] })).toEqual({ ...nothing, end: ['pay'] });
  });
});

it('where nothing begins, everything is done at once', () => {
  const plan = { end: ['pay'], renew: [later('look'), sooner('view')] };
  expect(stage(['reader'], [held('pay'), held('look'), held('view')], plan)).toEqual({
    ...nothing,
    end: ['pay'],
    renew: ['look contract', 'view shortening'],
  });
});

describe('what excludes each other', () => {
  const plan = { begin: [wish('approve')], end: ['pay', 'read'] };

  it('ends first, and nothing else happens meanwhile', () => {
    expect(stage(['approver'], [held('pay'), held('read')], plan)).toEqual({
      ...nothing,
      end: ['pay'],
      makesRoom: ['pay'],
      isUnfinished: true,
    });
    const going = [held('pay', { ending: true }), held('read')];
    expect(stage(['approver'], going, { ...plan, end: ['read'] })).toEqual({
      ...nothing,
      isUnfinished: true,
    });
  });

  it('is followed by what begins, and that by what else ends', () => {
    expect(stage(['approver'], [held('read')], { ...plan, end: ['read'] })).toEqual({
      ...nothing,
      begin: ['approve'],
      isUnfinished: true,
    });
  });

  it('makes no room where it had to go at once anyway', () => {
    const open = [held('pay', { urgent: true }), held('read')];
    expect(stage(['approver'], open, plan)).toEqual({ ...nothing, end: ['pay'], isUnfinished: true });
  });
});

it('what is refused takes nothing but what had to go at once', () => {
  const open = [held('pay', { urgent: true }), held('read'), held('look')];
  const plan = { begin: [wish('approve')], end: ['pay', 'read'], renew: [sooner('look')] };
  expect(refusedStage(plan, { open, isUrgent: ({ urgent }: Grant) => urgent })).toEqual({
    ...nothing,
    end: ['pay'],
  });
});
