import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { readDefaultPolicies } from '../../bin/policies.ts';
import type { PolicyQuestion } from '../../domain/policy.ts';
import { cedarInput } from '../../policy/cedar-input.ts';
import { question } from '../policy/default-policies.ts';
import type { Figure } from './harness.ts';

/** What is asked all day: permitted with and without approval, refused by a forbid, refused by nothing that permits. */
const questions: readonly PolicyQuestion[] = [
  question(),
  question({ entitlement: 'write', organization: { approvesVendorAccess: true } }),
  question({ organization: { key: 'initech', tier: 'free' } }),
  question({ person: { employment: 'contractor' } }),
  question({ person: { roles: ['legal'] } }),
];

const name = 'bench';
const runs = 7;

/** Decisions per second through the product's `decide`, over those of Cedar itself on input that is ready made. */
export const policyVsCedar: Figure = {
  goals: [{ id: 'policy-vs-cedar', bound: '>=', limit: 0.8, quote: 'median' }],
  async measure({ isFull, say }) {
    const { decide, askCedar } = prepare();
    const rounds = isFull ? 2_000 : 500;
    interleave(rounds / 5, decide, askCedar);
    const ratios: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { decideMs, cedarMs } = interleave(rounds, decide, askCedar);
      const perSecond = (ms: number) => Math.round((rounds * questions.length * 1_000) / ms);
      say(`${perSecond(decideMs)}/s decided, ${perSecond(cedarMs)}/s by Cedar alone`);
      ratios.push(cedarMs / decideMs);
    }
    return [ratios];
  },
};

type Ask = (index: number) => void;

function prepare(): { decide: Ask; askCedar: Ask } {
  const { decide, policies, source } = readDefaultPolicies();
  preparseSchema(name, source.schema);
  preparsePolicySet(name, { staticPolicies: Object.fromEntries(policies.map(({ id, text }) => [id, text])) });
  const inputs = questions.map((asked) => ({
    ...cedarInput(asked),
    preparsedPolicySetId: name,
    preparsedSchemaName: name,
    validateRequest: true,
  }));
  return {
    decide(index) {
      const asked = questions[index];
      if (asked) decide(asked);
    },
    askCedar(index) {
      const input = inputs[index];
      if (input && statefulIsAuthorized(input).type !== 'success') throw new Error('Cedar gave no answer.');
    },
  };
}

/** Asks each question both ways in turn, so that a collection of garbage or a busy neighbour meets both alike. */
function interleave(rounds: number, decide: Ask, askCedar: Ask): { decideMs: number; cedarMs: number } {
  const spent = { decideMs: 0, cedarMs: 0 };
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < questions.length; index += 1) {
      const isFirst = (round + index) % 2 === 0;
      if (isFirst) spent.decideMs += msOf(decide, index);
      spent.cedarMs += msOf(askCedar, index);
      if (!isFirst) spent.decideMs += msOf(decide, index);
    }
  }
  return spent;
}

function msOf(ask: Ask, index: number): number {
  const begun = performance.now();
  ask(index);
  return performance.now() - begun;
}
