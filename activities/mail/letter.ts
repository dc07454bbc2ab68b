import { escapeHtml, oneLine } from './plain.ts';

/** A message's words, written once: its text and its HTML are both made of them, so that they say the same. */
export interface Letter {
  subject: string;
  /** Said first, larger. */
  headline: string;
  paragraphs: string[];
  /** The one thing to do, if there is one. */
  action?: { label: string; url: string };
  /** What follows the action. */
  after?: string[];
  /** Who sends this and why, in small letters. */
  footer: string[];
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

function textOf({ headline, paragraphs, action, after = [], footer }: Letter): string {
  const call = action ? [`${action.label}:\n${action.url}`] : [];
  return `${[headline, ...paragraphs, ...call, ...after, '-- ', ...footer].join('\n\n')}\n`.replace(
    '-- \n\n',
    '-- \n',
  );
}

// Mail programs drop style sheets more often than attributes. The colours are those of the console's light theme; programs
// that darken by themselves are told that we mind neither.
const page = 'margin:0;padding:24px 16px;background:#F3F5F1;color:#141A17';
const font =
  "font-family:Archivo,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.45";
const sheet =
  'max-width:560px;margin:0 auto;padding:24px;background:#FFFFFF;border:1px solid #D5DAD3;border-radius:6px';
const heading = 'margin:0 0 16px;font-size:24px;line-height:1.2;font-weight:600;letter-spacing:-0.012em';
const button =
  'display:inline-block;padding:13px 24px;background:#141A17;color:#F3F5F1;border-radius:3px;font-weight:600;text-decoration:none';
const small = 'margin:0 0 8px;font-size:13px;line-height:1.4;color:#5E6863';

function htmlOf({ headline, paragraphs, action, after = [], footer }: Letter): string {
  const said = (lines: string[], style: string) =>
    lines.map((line) => `<p style="${style}">${escapeHtml(line)}</p>`);
  const paragraph = 'margin:0 0 16px';
  const lines = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(headline)}</title></head>`,
    `<body style="${page}"><div style="${sheet};${font}">`,
    `<h1 style="${heading}">${escapeHtml(headline)}</h1>`,
    ...said(paragraphs, paragraph),
    ...(action ? callOf(action) : []),
    ...said(after, paragraph),
    '<hr style="margin:24px 0 16px;border:0;border-top:1px solid #D5DAD3">',
    ...said(footer, small),
    '</div></body></html>',
  ];
  return `${lines.join('\n')}\n`;
}

/** A button, and the address in full beside it: who is careful reads where it leads. */
function callOf({ label, url }: { label: string; url: string }): string[] {
  const href = escapeHtml(url);
  return [
    `<p style="margin:24px 0 12px"><a href="${href}" style="${button}">${escapeHtml(label)}</a></p>`,
    `<p style="${small};margin-bottom:24px;word-break:break-all">${href}</p>`,
  ];
}
