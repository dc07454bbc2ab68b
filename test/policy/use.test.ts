import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import type { UseQuestion } from '../../domain/policy.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource, holdQuestion, load, question } from './default-policies.ts';

const { mayUse, useSight } = loadPolicies(defaultSource(), digestOf);

const use = (
  changes: Parameters<typeof holdQuestion>[0] = {},
  call: Partial<UseQuestion> = {},
): UseQuestion => ({
  ...holdQuestion(changes),
  origin: 'request',
  ...call,
});
const permit = (id: string, action: string, when = 'true') =>
  `@id("${id}") @title("${id}") permit(principal, action == Action::"${action}", resource) when { ${when} };`;
const forbid = (id: string, when: string) =>
  `@id("${id}") @title("${id}") forbid(principal, action, resource) when { ${when} };`;
const forbidUse = (when: string) =>
  `@id("no") @title("No") forbid(principal, action == Action::"use", resource) when { ${when} };`;

describe('Using what is held', () => {
  it('is allowed by default, but for what nobody may have', () => {
    expect(mayUse(use())).toMatchObject({ allowed: true, policies: [{ id: 'used-while-held' }] });
    expect(mayUse(use({ person: { suspended: true } }))).toMatchObject({
      allowed: false,
      policies: [{ id: 'suspended-person' }],
    });
    expect(mayUse(use({ organization: { suspended: true } })).allowed).toBe(false);
    expect(mayUse(use({ resource: { classification: 'unheard-of' } })).allowed).toBe(false);
  });

  it('is allowed by a permit to use alone; and that permits nothing else', () => {
    const asking = load({
      'a.cedar': '@id("all") @title("all") @longest("PT2H") permit(principal, action, resource);',
    });
    expect(asking.mayUse(use()).allowed).toBe(false);
    const holding = load({ 'a.cedar': permit('held', 'hold') });
    expect(holding.mayUse(use()).allowed).toBe(false);
    const using = load({ 'a.cedar': permit('used', 'use') });
    expect(using.mayUse(use()).policies).toEqual([{ id: 'used', title: 'used' }]);
    expect(using.mayHold(holdQuestion()).allowed).toBe(false);
    expect(using.decide(question()).outcome).toBe('refused');
    expect(using.decide(question({ entitlement: 'use' })).outcome).toBe('refused');
  });

  it('is refused where a policy fails, and where the question does not fit', () => {
    const set = load({
      'a.cedar': `${permit('used', 'use')}${forbidUse('decimal("1.0").lessThan(decimal("2.0"))')}`,
    });
    expect(set.mayUse(use()).allowed).toBe(false);
    expect(mayUse(use({}, { ip: 'not an address' })).allowed).toBe(false);
    expect(mayUse(use({}, { now: 'yesterday' })).allowed).toBe(false);
  });

  it.each([
    [
      'facts alone',
      'principal.suspended && context.signals.contains("x") && context.origin == "role"',
      false,
      false,
    ],
    ['the address', 'context has ip && context.ip.isLoopback()', true, false],
    ['how they signed in', 'context has amr && context.amr.contains("pwd")', true, false],
    ['the time', 'context.now < datetime("2026-01-01")', false, true],
    ['the whole context', 'context == context', true, true],
  ])('policies that look at %s say so', (_what, when, readsCall, readsTime) => {
    const set = load({ 'a.cedar': `${permit('used', 'use')}${forbidUse(when)}` });
    expect(set.useSight).toEqual({ readsCall, readsTime });
  });

  it('looks at what a policy about every action looks at, and not at what one about others does', () => {
    expect(useSight).toEqual({ readsCall: false, readsTime: false });
    const every = load({
      'a.cedar': `${permit('used', 'use')}${forbid('late', 'context.now > datetime("2030-01-01")')}`,
    });
    expect(every.useSight).toEqual({ readsCall: false, readsTime: true });
    const others = load({
      'a.cedar': `${permit('used', 'use')}@id("h") @title("h") forbid(principal, action == Action::"hold", resource) when { context.now > datetime("2030-01-01") };`,
    });
    expect(others.useSight.readsTime).toBe(false);
  });
});
