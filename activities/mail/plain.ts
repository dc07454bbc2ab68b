import { periodMs } from '../../domain/period.ts';

/** Longer names than this are cut in a message: a name is not the place for a message of somebody else's. */
const longestName = 80;

/** Line ends, which would begin a header, and their like. */
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu;
// Format characters turn the direction of what follows, or hide in it. The two that are left write Persian, and emoji.
const invisible = /(?![\u200C\u200D])\p{Cf}/gu;
const scheme = /\b[a-z][a-z0-9+.-]*:\/\/+/gi;
/** A dot between letters makes mail programs see an address, and show it as a link. */
const dotInAddress = /(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu;
const unlinked = '.\u200C';

/**
 * Text for a subject or an address line: one line, nothing invisible, of a length that a name has unless told. Never empty.
 */
export function oneLine(text: string, longest = longestName): string {
  const line = text.replaceAll(invisible, '').replaceAll(control, ' ').replaceAll(/\s+/g, ' ').trim();
  // Code points, not UTF-16 units: half a character would be none.
  const characters = Array.from(line);
  const cut = characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
  return cut === '' ? '?' : cut;
}

/**
 * Somebody's name inside a message. Who chooses a name for a company could else have us send links of their choosing: an
 * address in it stays readable, and no mail program makes a link of it.
 */
export function asName(text: string): string {
  return oneLine(text.replaceAll(scheme, '')).replaceAll(dotInAddress, unlinked);
}

/** Longer than this is no reason any more but a letter of its own. */
const longestWords = 300;

/** What somebody wrote, as a quotation inside a message: one line, cut, and without links, like a name. */
export function asWords(text: string): string {
  return `“${oneLine(text.replaceAll(scheme, ''), longestWords).replaceAll(dotInAddress, unlinked)}”`;
}

// Making one costs more than all that it formats in a message.
const days = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const times = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });

/** An instant (ISO 8601 UTC) for people: `29 November 2026, 14:00 UTC`. */
export function asTime(instant: string): string {
  const at = new Date(instant);
  return `${days.format(at)}, ${times.format(at)} UTC`;
}

/** An ISO 8601 period for people: `PT2H` is `2 h`. A number and its unit stay together. */
export function asPeriod(period: string): string {
  const minutes = Math.round((periodMs(period) ?? 0) / 60_000);
  const parts = [
    [Math.floor(minutes / 1_440), minutes < 2_880 ? 'day' : 'days'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}\u00a0${unit}`);
  return said.join(' ') || period;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
