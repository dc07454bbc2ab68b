/**
 * Makes a text from outside safe for a terminal and a single line: escape sequences, control characters and the
 * invisible characters that reorder or hide text are shown as `\u{1b}` instead of being obeyed. Line breaks and tabs
 * become a space. The two joiners stay, because whole scripts are written with them.
 */
export function neutralise(text: string): string {
  return text
    .replace(/[\t\n\r]+/g, ' ')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu, visible);
}

/** The same for a text of several lines of our own, such as help or a usage error that quotes what was typed. */
export function neutraliseLines(text: string): string {
  return text.split('\n').map(neutralise).join('\n');
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** At most `length` characters as a reader counts them; what is cut is shown by an ellipsis. */
export function shorten(text: string, length: number): string {
  const parts = Array.from(graphemes.segment(text), (part) => part.segment);
  return parts.length <= length ? text : `${parts.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** Breaks at spaces so that no line is longer than `width`, where a word allows it. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}

/** `a`, `a and b`, `a, b and c`; from the fifth on `a, b, c and 2 others`. */
export function listInWords(words: readonly string[], conjunction: 'and' | 'or'): string {
  const named = words.length > 4 ? [...words.slice(0, 3), `${words.length - 3} others`] : [...words];
  const last = named.pop() ?? '';
  return named.length ? `${named.join(', ')} ${conjunction} ${last}` : last;
}

/** `1 person`, `3 people`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
