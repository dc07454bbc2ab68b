import type { Answer } from './evaluate.ts';
import { type Question, questionShape, type Several } from './question.ts';

/** What stands in the place of an answer to a question that is none (AuthZEN Authorization API 1.0, section 7.2.1). */
export interface NoAnswer {
  decision: false;
  context: { error: { status: number; message: string } };
}

/**
 * Answers questions in their order. What one leaves out is taken from the whole, each member as such. By two of the three semantics it
 * ends with the first answer that settles it: the others are not asked, and not answered.
 * @throws what `answer` throws
 */
export async function answerSeveral(
  several: Several,
  answer: (question: Question) => Answer | Promise<Answer>,
): Promise<{ evaluations: (Answer | NoAnswer)[] }> {
  const { subject, action, resource, context, evaluations = [], options } = several;
  const settles = settling[options?.evaluations_semantic ?? 'execute_all'];
  const answers: (Answer | NoAnswer)[] = [];
  for (const one of evaluations) {
    const asked = questionShape.safeParse({ subject, action, resource, context, ...one });
    const given = asked.success ? await answer(asked.data) : noAnswer(asked.error.issues);
    answers.push(given);
    if (given.decision === settles) break;
  }
  return { evaluations: answers };
}

/** Which answer ends the rest. */
const settling = { execute_all: null, deny_on_first_deny: false, permit_on_first_permit: true } as const;

function noAnswer(issues: readonly { path: PropertyKey[]; message: string }[]): NoAnswer {
  const message = issues.map(({ path, message: text }) => `${path.join('.')}: ${text}`).join('; ');
  return { decision: false, context: { error: { status: 400, message } } };
}
