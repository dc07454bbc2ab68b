import { isDrill } from './extent.ts';

/** Orders of some things: all of them in a drill, else so many that are spread over all. */
export function shuffled<T>(things: readonly T[], sample: number): T[][] {
  const all = permutations(things);
  const step = isDrill ? 1 : Math.max(1, Math.floor(all.length / sample));
  return all.filter((_, at) => at % step === 0);
}

function permutations<T>(things: readonly T[]): T[][] {
  if (things.length < 2) return [[...things]];
  return things.flatMap((first, at) =>
    permutations(things.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}
