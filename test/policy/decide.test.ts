import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import { loadPolicies } from '../../policy/load.ts';
import { previewNeeds, refusalText } from '../../policy/preview.ts';
import { defaultSource, load, question } from './default-policies.ts';

const { decide, version } = loadPolicies(defaultSource(), digestOf);

const permit = (id: string, more = '', when = 'true') =>
  `@id("${id}") @title("${id}") @longest("PT2H") ${more} permit(principal, action, resource) when { ${when} };`;
const forbid = (id: string, when: string) =>
  `@id("${id}") @title("${id}") forbid(principal, action, resource) when { ${when} };`;

describe('deciding', () => {
  it('says what is missing of what is needed, and carries the version', () => {
    const write = (amr: string[], hasTicket: boolean) =>
      decide(question({ entitlement: 'write', assurance: { amr }, hasTicket }));
    expect(write(['pwd'], false).missing).toEqual(['mfa', 'ticket']);
    expect(write(['pwd', 'mfa'], false).missing).toEqual(['ticket']);
    expect(write(['pwd'], true).missing).toEqual(['mfa']);
    expect(write(['mfa'], true)).toMatchObject({
      missing: [],
      freshMs: null,
      policyVersion: version,
      outcome: 'needs_approval',
    });
    expect(decide(question({ assurance: { amr: [] } })).missing).toEqual([]);
  });

  it('refuses when a forbid fails to evaluate, although Cedar itself would allow', () => {
    const overflow = forbid('broken', '9223372036854775807 + 1 > 0');
    const verdict = load({ 'a.cedar': `${permit('allowed')}${overflow}` }).decide(question());
    expect(verdict).toMatchObject({ outcome: 'refused', longest: null, policies: [{ id: 'broken' }] });
  });

  it('refuses when a permit fails to evaluate beside one that allows', () => {
    const broken = permit('broken', '', '9223372036854775807 + 1 > 0');
    expect(load({ 'a.cedar': `${permit('allowed')}${broken}` }).decide(question()).outcome).toBe('refused');
  });

  it('lets a forbid win over every permit and names only the forbid', () => {
    const set = load({ 'a.cedar': `${permit('one')}${permit('two')}${forbid('no', 'principal.suspended')}` });
    const verdict = set.decide(question({ person: { suspended: true } }));
    expect(verdict).toMatchObject({ outcome: 'refused', policies: [{ id: 'no', title: 'no' }] });
  });

  it.each(['', 'Read', 'read ', 'delete', '__proto__', 'constructor', 'read"', 'Action::"read"', '\u0000'])(
    'refuses the entitlement %j, which no schema knows',
    (entitlement) =>
      expect(decide(question({ entitlement }))).toMatchObject({ outcome: 'refused', policies: [] }),
  );

  it('refuses an unknown entitlement even where a policy allows everything', () => {
    const set = load({ 'a.cedar': permit('everything') });
    expect(set.decide(question()).outcome).toBe('automatic');
    expect(set.decide(question({ entitlement: 'delete' })).outcome).toBe('refused');
  });

  it.each(['', 'now', '2026-13-01T00:00:00.000Z'])('refuses at %j, which is no instant', (now) => {
    expect(decide(question({ now }))).toMatchObject({ outcome: 'refused', policies: [] });
  });

  it('asks for a sign-in of just now, the strictest of several, of whoever is asked at all', () => {
    const texts = `${permit('often')}${permit('lately', '@fresh("PT1H")')}${permit('now', '@fresh("PT15M") @asks_fresh("Now.")')}`;
    const set = load({ 'a.cedar': texts });
    const aged = (ageMs: number) => set.decide(question({ assurance: { ageMs } }));
    expect(aged(15 * 60_000)).toMatchObject({ missing: [], freshMs: 15 * 60_000 });
    expect(aged(15 * 60_000 + 1)).toMatchObject({ outcome: 'automatic', missing: ['fresh'] });
    expect(aged(0).needs).toEqual([{ kind: 'fresh', text: expect.any(String) }]);
    // When access begins nobody is asked any more.
    expect(set.decide(question()).missing).toEqual([]);
  });

  it('reads the instant: a rule may end on a date', () => {
    const set = load({ 'a.cedar': permit('until-2027', '', 'context.now < datetime("2027-01-01")') });
    expect(set.decide(question({ now: '2026-12-31T23:59:59.999Z' })).outcome).toBe('automatic');
    expect(set.decide(question({ now: '2027-01-01T00:00:00.000Z' })).outcome).toBe('refused');
  });

  it('takes hostile text for text: it gives nobody more and breaks nothing after it', () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '__proto__',
        'constructor',
        '"',
        '\\',
        '"} || true //',
        '\u202e',
        '\ud800',
        '{"__entity":1}',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const verdict = decide(
          question({
            person: { id: a, roles: [b, c, `support-engineer${a}x`], department: c, region: a },
            resource: { id: b, key: c, kind: a },
            organization: { id: c, key: a, tier: `x${b}` },
            assurance: { amr: [a], signals: [b, b] },
          }),
        );
        expect(verdict.outcome).toBe('refused');
        const named = question({ person: { id: a }, resource: { id: b }, organization: { id: c, key: a } });
        if (!/\p{Surrogate}/u.test(a + b + c)) expect(decide(named).longest).toBe('PT8H');
        expect(decide(question()).longest).toBe('PT8H');
        expect(Object.hasOwn(Object.prototype, 'id')).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on deciding by a version that many others have pushed out of the memory', () => {
    const before = decide(question());
    const others = Array.from({ length: 12 }, (_, n) => load({ 'a.cedar': permit(`only-${n}`) }));
    for (const [n, other] of others.entries()) {
      expect(other.decide(question()).policies).toEqual([{ id: `only-${n}`, title: `only-${n}` }]);
    }
    expect(decide(question())).toEqual(before);
  });
});

describe('where several permits apply', () => {
  const spec = fc.record({
    hours: fc.integer({ min: 1, max: 48 }),
    needs: fc.subarray(['mfa', 'ticket']),
    stages: fc.uniqueArray(
      fc.record({
        role: fc.constantFrom('support-lead', 'legal'),
        of: fc.constantFrom('vendor', 'customer'),
        needed: fc.integer({ min: 1, max: 4 }),
      }),
      { selector: ({ role, of }) => `${role} of ${of}` },
    ),
    reported: fc.boolean(),
  });

  it('the strictest of each obligation holds, in whatever order they are written', () => {
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 5 }), (specs) => {
        const texts = specs.map(({ hours, needs, stages, reported }, n) => {
          const approvals = stages.map((stage) => `${stage.needed} ${stage.role} of ${stage.of}`).join(', ');
          return `@id("p${n}") @title("t") @longest("PT${hours}H") ${needs.length ? `@needs("${needs.join(' ')}")` : ''}
            ${approvals ? `@approval("${approvals}")` : ''} ${reported ? '@reported' : ''}
            permit(principal, action, resource);`;
        });
        const verdict = load({ 'a.cedar': texts.join('\n') }).decide(question());
        expect(verdict.policies).toHaveLength(specs.length);
        expect(periodMsOrThrow(verdict.longest ?? '')).toBe(
          Math.min(...specs.map((one) => one.hours)) * 3_600_000,
        );
        expect(verdict.reported).toBe(specs.some((one) => one.reported));
        for (const kind of ['mfa', 'ticket'] as const) {
          expect(verdict.needs.some((need) => need.kind === kind)).toBe(
            specs.some((one) => one.needs.includes(kind)),
          );
        }
        const largest = new Map<string, number>();
        for (const { role, of, needed } of specs.flatMap((one) => one.stages)) {
          largest.set(`${role} of ${of}`, Math.max(needed, largest.get(`${role} of ${of}`) ?? 0));
        }
        expect(new Map(verdict.stages.map((stage) => [stage.name, stage.needed]))).toEqual(largest);
        const backwards = load({ 'a.cedar': texts.toReversed().join('\n') }).decide(question());
        expect(backwards.policyVersion).toBe(verdict.policyVersion);
        expect(backwards.longest).toBe(verdict.longest);
        expect(backwards.stages).toHaveLength(verdict.stages.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the words of a verdict', () => {
  it('are those of the policies', () => {
    const verdict = decide(question({ organization: { approvesVendorAccess: true }, entitlement: 'write' }));
    expect(previewNeeds(verdict).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'mfa: Sign in with a second factor.',
      'ticket: Name the ticket that this is for.',
      'approval: One of our support leads approves.',
      "approval: One of the customer's administrators approves.",
    ]);
    expect(refusalText(decide(question({ person: { employment: 'contractor' } })))).toBe(
      "Contractors do not reach a customer's data.",
    );
    expect(refusalText(decide(question({ entitlement: 'administer' })))).toBe(
      'No policy allows this access.',
    );
  });

  it('can be chosen in a policy, one sentence a stage', () => {
    const set = load({
      'a.cedar': permit(
        'own',
        '@needs("ticket") @asks_ticket("Which one?") @approval("legal of vendor, 2 owner of customer") @asks("First. | Then.")',
      ),
    });
    expect(previewNeeds(set.decide(question())).map((need) => need.text)).toEqual([
      'Which one?',
      'First.',
      'Then.',
    ]);
  });
});
