import { stripVTControlCharacters } from 'node:util';
import CliTable from 'cli-table3';
import type { Entity } from './shapes.ts';
import { paint, type Style, type Terminal } from './terminal.ts';
import { neutralise, wrap } from './text.ts';

/** How the words of one command are laid out: where to, and when "now" is. */
export interface Page {
  terminal: Terminal;
  nowMs: number;
}

const indent = '  ';
const narrowest = 40;

/** A label and its value; a null value leaves the line out. */
export type Field = [label: string, value: string | null];

/** Lines of `label  value`, aligned. Values are made safe here, so nothing from outside can pass by it. */
export function fields({ terminal }: Page, lines: readonly Field[]): string {
  const shown = lines.flatMap(([label, value]) =>
    value === null ? [] : [{ label, value: neutralise(value) }],
  );
  const labelWidth = Math.max(0, ...shown.map(({ label }) => label.length)) + indent.length;
  const columns = terminal.columns();
  const valueWidth =
    columns === null ? Number.POSITIVE_INFINITY : Math.max(narrowest, columns - labelWidth - indent.length);
  return shown
    .flatMap(({ label, value }) =>
      wrap(value, valueWidth).map((part, index) => {
        const left = (index === 0 ? label : '').padEnd(labelWidth);
        return `${indent}${paint(terminal, 'dim', left)}${part}\n`;
      }),
    )
    .join('');
}

/** The line everything else explains: what, then how it stands. Both are made safe here. */
export function headline({ terminal }: Page, what: string, standing: string, style: Style = 'bold'): string {
  return `${what ? `${paint(terminal, 'bold', neutralise(what))}  ` : ''}${paint(terminal, style, neutralise(standing))}\n`;
}

/** A cell may be emphasised. */
export type Cell = string | { text: string; style: Style };

/**
 * Columns without rules, aligned even where characters are wide. Where a terminal is too narrow, the last ones stand on a
 * line of their own below. Cells are made safe here.
 */
export function table(
  { terminal }: Page,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const shown = [
    head.map((title) => paint(terminal, 'dim', title)),
    ...rows.map((row) =>
      row.map((cell) =>
        typeof cell === 'string' ? neutralise(cell) : paint(terminal, cell.style, neutralise(cell.text)),
      ),
    ),
  ];
  const width = terminal.columns() ?? Number.POSITIVE_INFINITY;
  for (let beside = head.length; ; beside -= 1) {
    const lines = aligned(shown.map((row) => row.slice(0, beside)));
    const isFitting = lines.every((line) => stripVTControlCharacters(line).length <= width);
    if (!isFitting && beside > fewestBeside) continue;
    const below = shown.map((row) => row.slice(beside).filter(Boolean).join(indent));
    return lines
      .map((line, at) => `${line}\n${below[at] ? `${indent.repeat(3)}${below[at]}\n` : ''}`)
      .join('');
  }
}

/** With fewer side by side it is no table. */
const fewestBeside = 3;

function aligned(rows: readonly string[][]): string[] {
  const shape = new CliTable({
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: indent,
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  shape.push(...rows);
  return shape
    .toString()
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd());
}

/** A person or organization as people call it. */
export function nameOf(entity: Entity): string {
  return entity.name ?? entity.key ?? entity.email ?? entity.id;
}

/** A resource or entitlement as it is typed. */
function keyOf(entity: Entity): string {
  return entity.key ?? entity.name ?? entity.id;
}

/** `Sam Okoro <sam@northwind.example>`. */
export function nameAndEmail(entity: Entity): string {
  return entity.email && entity.name ? `${entity.name} <${entity.email}>` : nameOf(entity);
}

/** What is held: `read on globex-env (Globex)`. */
export function accessInWords(access: {
  entitlement: Entity;
  resource: Entity;
  organization?: Entity | null | undefined;
}): string {
  const customer = access.organization ? ` (${nameOf(access.organization)})` : '';
  return `${keyOf(access.entitlement)} on ${keyOf(access.resource)}${customer}`;
}
