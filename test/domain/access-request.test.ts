import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle, type StageDecision, type StageRule } from '../../domain/access-request.ts';

const stageIds = ['stage_a', 'stage_b', 'stage_c'];
const stages = fc
  .subarray(stageIds)
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.integer({ min: 1, max: 3 }).map((needed): StageRule => ({ id, needed })))),
  );
const decisionBy = (personId: string) =>
  fc.record({
    stageId: fc.constantFrom(...stageIds),
    personId: fc.constant(personId),
    decision: fc.constantFrom('approve' as const, 'approve' as const, 'approve' as const, 'deny' as const),
  });
/** One decision a person, as the ledger's constraint has it. */
const oncePerPerson = fc
  .subarray(['sam', 'mei', 'priya', 'marek', 'sita', 'anna', 'tom'])
  .chain((people) => fc.tuple(...people.map(decisionBy)));
/** Whatever a broken ledger could hold. */
const anyDecisions = fc.array(
  fc.constantFrom('priya', 'marek', 'anna').chain((personId) => decisionBy(personId)),
  { maxLength: 12 },
);

function approvals(decisions: readonly StageDecision[]): StageDecision[] {
  return decisions.filter((decision) => decision.decision === 'approve');
}

describe('settling a request', () => {
  it('goes forward only: what is decided stays decided when more is said', () => {
    fc.assert(
      fc.property(stages, anyDecisions, (rules, decisions) => {
        let wasDenied = false;
        for (let count = 0; count <= decisions.length; count += 1) {
          const { state } = settle(rules, decisions.slice(0, count));
          if (wasDenied) expect(state).toBe('denied');
          wasDenied ||= state === 'denied';
        }
      }),
    );
    fc.assert(
      fc.property(stages, anyDecisions, (rules, decisions) => {
        const said = approvals(decisions);
        const states = said.map((_, count) => settle(rules, said.slice(0, count + 1)).state);
        const first = states.indexOf('approved');
        if (first >= 0) expect(states.slice(first).every((state) => state === 'approved')).toBe(true);
      }),
    );
  });

  it('does not depend on the order in which people have spoken', () => {
    fc.assert(
      fc.property(stages, oncePerPerson, fc.infiniteStream(fc.nat()), (rules, decisions, random) => {
        const shuffled = [...decisions]
          .map((decision) => ({ decision, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ decision }) => decision);
        expect(settle(rules, shuffled)).toEqual(settle(rules, decisions));
      }),
    );
  });

  it('counts a person once in the whole request, so that nobody fills two stages or one twice', () => {
    fc.assert(
      fc.property(stages, anyDecisions, (rules, decisions) => {
        const said = approvals(decisions);
        const needed = rules.reduce((sum, stage) => sum + stage.needed, 0);
        const people = new Set(said.map((decision) => decision.personId)).size;
        if (settle(rules, said).state === 'approved') expect(people).toBeGreaterThanOrEqual(needed);
      }),
    );
    const two = [
      { id: 'stage_a', needed: 1 },
      { id: 'stage_b', needed: 1 },
    ];
    const both = two.map(({ id }) => ({ stageId: id, personId: 'priya', decision: 'approve' as const }));
    expect(settle(two, both).state).toBe('waiting');
  });

  it('is denied by one denial on a stage of its own, however many approve', () => {
    fc.assert(
      fc.property(stages, oncePerPerson, (rules, decisions) => {
        const denies = decisions.some(
          (said) => said.decision === 'deny' && rules.some((stage) => stage.id === said.stageId),
        );
        if (denies) expect(settle(rules, decisions).state).toBe('denied');
      }),
    );
  });

  it('ignores what was said on a stage that is not its own', () => {
    const stranger = { stageId: 'stage_z', personId: 'priya', decision: 'deny' as const };
    expect(settle([{ id: 'stage_a', needed: 1 }], [stranger]).state).toBe('waiting');
    expect(settle([], [])).toEqual({ state: 'approved', stages: [] });
  });
});
