/** How many marks stand before the tick. */
const width = 24;

/**
 * The tenure line in text, as the command line draws it: spent is thin, left is thick, the end is a tick, late is marked.
 * Instants are ISO 8601 UTC. `----------====|` is held, `--------|!!!` past its end.
 */
export function tenureLine(span: { from: string; until: string; now: string; isOver?: boolean }): string {
  const [from, until, now] = [Date.parse(span.from), Date.parse(span.until), Date.parse(span.now)];
  if (span.isOver) return `${'-'.repeat(width)}|`;
  if (now >= until) return `${'-'.repeat(width)}|!!!`;
  const spent = Math.min(Math.max((now - from) / (until - from), 0), 1);
  // Something is left until the end, and is seen.
  const thin = Math.min(Math.floor(spent * width), width - 1);
  return `${'-'.repeat(thin)}${'='.repeat(width - thin)}|`;
}
