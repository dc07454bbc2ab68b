import type { CatalogPath, CatalogProblem } from './catalog.ts';

/** One problem, at its place. */
export function problem(path: CatalogPath, detail: string): CatalogProblem {
  return { path, detail };
}

/** What is wrong with a list that names things: one twice, or one that does not exist. */
export function names(
  path: CatalogPath,
  list: readonly string[],
  known: ReadonlySet<string>,
  noun: string,
): CatalogProblem[] {
  return [...unknown(path, list, known, noun), ...repeated(path, list, noun)];
}

/** What of a list does not exist; `field` is where its entries name it. */
export function unknown(
  path: CatalogPath,
  list: readonly string[],
  known: ReadonlySet<string>,
  noun: string,
  field: CatalogPath = [],
): CatalogProblem[] {
  return list.flatMap((key, at) =>
    known.has(key) ? [] : [problem([...path, at, ...field], `There is no ${noun} ${key}.`)],
  );
}

/** What stands in a list again. */
export function repeated(
  path: CatalogPath,
  list: readonly string[],
  noun: string,
  field: CatalogPath = [],
): CatalogProblem[] {
  const seen = new Set<string>();
  return list.flatMap((key, at) => {
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst ? [] : [problem([...path, at, ...field], `The ${noun} ${key} stands here a second time.`)];
  });
}
