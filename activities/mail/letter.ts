import { escapeHtml, oneLine } from './plain.ts';

/** A message's words, written once: its text and its HTML are both made of them, so that they say the same. */
export interface Letter {
  subject: string;
  /** Said first, larger. */
  headline: string;
  paragraphs: string[];
  /** What it tells of, one by one. */
  rows?: LetterRow[];
  /** The one thing to do, if there is one. */
  action?: { label: string; url: string };
  /** What follows the action. */
  after?: string[];
  /** Who sends this and why, in small letters. */
  footer: string[];
  /** Where the reader chooses which messages they get; none where this one is always sent. */
  choose?: string;
}

/** One thing of several. */
export interface LetterRow {
  title: string;
  /** The tenure line, drawn with letters; the lines beside it say the same. */
  line?: string | null;
  lines: string[];
}

/** What goes into a message. */
export interface Rendered {
  subject: string;
  text: string;
  html: string;
}

/** Room for three names and what is said about them. */
const longestSubject = 300;

/** Makes the subject, the plain text and the HTML of a letter. Whatever stands in it is text, never markup. */
export function render(letter: Letter): Rendered {
  return { subject: oneLine(letter.subject, longestSubject), text: textOf(letter), html: htmlOf(letter) };
}

const chooseLabel = 'Choose which mails you get:';

function textOf({ headline, paragraphs, rows = [], action, after = [], footer, choose }: Letter): string {
  const call = action ? [`${action.label}:\n${action.url}`] : [];
  const listed = rows.map(({ title, line, lines }) => [title, ...(line ? [line] : []), ...lines].join('\n'));
  const small = [...footer, ...(choose ? [`${chooseLabel}\n${choose}`] : [])];
  return `${[headline, ...paragraphs, ...listed, ...call, ...after, '-- ', ...small].join('\n\n')}\n`.replace(
    '-- \n\n',
    '-- \n',
  );
}

// Mail programs drop style sheets more often than attributes, so the attributes alone make it whole: the colours of the console's
// light theme. Programs that keep a style sheet show the dark one where that is wanted.
const dark =
  '@media (prefers-color-scheme: dark){body{background:#0F1412!important}.sheet,.sheet *{color:#EBEFEC!important}.sheet{background:#171D1A!important;border-color:#2B332F!important}.sheet div,.sheet hr{border-color:#2B332F!important}.sheet .small,.sheet .small *{color:#929C96!important}.sheet .button{background:#EBEFEC!important;color:#0F1412!important}}';
const page = 'margin:0;padding:24px 16px;background:#F3F5F1;color:#141A17';
const font =
  "font-family:Archivo,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.45";
const sheet =
  'max-width:560px;margin:0 auto;padding:24px;background:#FFFFFF;border:1px solid #D5DAD3;border-radius:6px';
const heading = 'margin:0 0 16px;font-size:24px;line-height:1.2;font-weight:600;letter-spacing:-0.012em';
const button =
  'display:inline-block;padding:13px 24px;background:#141A17;color:#F3F5F1;border-radius:3px;font-weight:600;text-decoration:none';
const row = 'margin:0 0 16px;padding:12px 0 0;border-top:1px solid #D5DAD3';
const mono =
  'margin:4px 0 0;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px;line-height:1.2';
const small = 'margin:0 0 8px;font-size:13px;line-height:1.4;color:#5E6863';

function htmlOf({ headline, paragraphs, rows = [], action, after = [], footer, choose }: Letter): string {
  const said = (lines: string[], style: string, kind = '') =>
    lines.map((line) => `<p${kind} style="${style}">${escapeHtml(line)}</p>`);
  const paragraph = 'margin:0 0 16px';
  const lines = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<style>${dark}</style>`,
    `<title>${escapeHtml(headline)}</title></head>`,
    `<body style="${page}"><div class="sheet" style="${sheet};${font}">`,
    `<h1 style="${heading}">${escapeHtml(headline)}</h1>`,
    ...said(paragraphs, paragraph),
    ...rows.flatMap(rowOf),
    ...(action ? callOf(action) : []),
    ...said(after, paragraph),
    '<hr style="margin:24px 0 16px;border:0;border-top:1px solid #D5DAD3">',
    ...said(footer, small, ' class="small"'),
    ...(choose ? chooseOf(choose) : []),
    '</div></body></html>',
  ];
  return `${lines.join('\n')}\n`;
}

/** The end stands beside the thing; the line is a drawing and says nothing to whoever hears the message. */
function rowOf({ title, line, lines }: LetterRow): string[] {
  const drawn = line ? [`<p aria-hidden="true" style="${mono}">${escapeHtml(line)}</p>`] : [];
  return [
    `<div style="${row}"><p style="margin:0;font-weight:600">${escapeHtml(title)}</p>`,
    ...drawn,
    ...lines.map((one) => `<p style="margin:4px 0 0">${escapeHtml(one)}</p>`),
    '</div>',
  ];
}

function chooseOf(choose: string): string[] {
  const href = escapeHtml(choose);
  return [
    `<p class="small" style="${small};word-break:break-all">${chooseLabel}<br><a href="${href}" style="color:inherit">${href}</a></p>`,
  ];
}

/** A button, and the address in full beside it: who is careful reads where it leads. */
function callOf({ label, url }: { label: string; url: string }): string[] {
  const href = escapeHtml(url);
  return [
    `<p style="margin:24px 0 12px"><a class="button" href="${href}" style="${button}">${escapeHtml(label)}</a></p>`,
    `<p class="small" style="${small};margin-bottom:24px;word-break:break-all">${href}</p>`,
  ];
}
