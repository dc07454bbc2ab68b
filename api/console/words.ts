/** A number and its unit never break across lines. */
const thin = '\u00a0';
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A span in words, rounded down to what still matters: `8 min`, `1 h 42 min`, `3 days`. Under a minute it says so. */
export function spanWords(ms: number): string {
  const span = Math.abs(ms);
  if (span < minute) return `under 1${thin}min`;
  if (span < hour) return `${Math.floor(span / minute)}${thin}min`;
  if (span < 2 * day) {
    const rest = Math.floor((span % hour) / minute);
    const hours = `${Math.floor(span / hour)}${thin}h`;
    return rest === 0 ? hours : `${hours} ${rest}${thin}min`;
  }
  return `${Math.floor(span / day)}${thin}days`;
}

/** An ISO 8601 period without years or months in words: `PT2H` is `2 h`, `P90D` is `90 days`. Others as they are written. */
export function periodWords(period: string): string {
  const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(period);
  if (!parts) return period;
  const units = ['weeks', 'days', 'h', 'min', 's'];
  const words = units.flatMap((unit, at) => {
    const count = parts[at + 1];
    if (count === undefined || Number(count) === 0) return [];
    return [`${Number(count)}${thin}${Number(count) === 1 ? unit.replace(/s$/, '') || unit : unit}`];
  });
  return words.join(' ') || period;
}

/** `1 person`, `3 people`. */
export function counted(count: number, one: string, many: string): string {
  return `${count}${thin}${count === 1 ? one : many}`;
}

/** Names as they are said: `Priya`, `Priya or Marek`, `Priya, Marek or Anna`. */
export function oneOf(names: readonly string[], word: 'or' | 'and' = 'or'): string {
  const last = names.at(-1);
  if (last === undefined) return '';
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}

/** The first letter large, for a sentence that begins with what is written small elsewhere. */
export function asBeginning(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
