/** What went wrong, for people: the cause's message where there is one, which repeats no parameters of a statement. */
export function sentenceOf(error: unknown): string;
