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

/** Columns without rules, aligned even where characters are wide. Cells are made safe here. */
export function table(
  { terminal }: Page,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
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
  shape.push(head.map((title) => paint(terminal, 'dim', title)));
  for (const row of rows) {
    shape.push(
      row.map((cell) =>
        typeof cell === 'string' ? neutralise(cell) : paint(terminal, cell.style, neutralise(cell.text)),
      ),
    );
  }
  return `${shape
    .toString()
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n')}\n`;
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
