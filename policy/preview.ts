import type { NeedKind, PolicyVerdict, StageNeed } from '../domain/policy.ts';

/** One thing that an access would need, in the policy's words. */
export interface PreviewNeed {
  kind: NeedKind | 'approval';
  text: string;
  /** For an approval, whose; the people who hold that role are not known here. */
  stage: StageNeed | null;
}

/** Everything that an access would need, whether or not it has been brought: first what to bring, then who approves. */
export function previewNeeds(verdict: PolicyVerdict): PreviewNeed[] {
  return [
    ...verdict.needs.map(({ kind, text }) => ({ kind, text, stage: null })),
    ...verdict.stages.map((stage) => ({ kind: 'approval' as const, text: stage.text, stage })),
  ];
}

/** Why it is refused, as a sentence for the person who asked. */
export function refusalText(verdict: PolicyVerdict): string {
  if (verdict.policies.length === 0) return 'No policy allows this access.';
  return `${verdict.policies.map((policy) => policy.title).join('. ')}.`;
}
