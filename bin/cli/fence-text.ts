import { instantInWords } from './instants.ts';
import { type Cell, fields, headline, nameAndEmail, nameOf, type Page, table } from './layout.ts';
import type { DecidedFence, Fence, FenceItem } from './people-shapes.ts';
import { count, neutralise } from './text.ts';

/** Whose changes a fence holds: `people of Acme`, `customers, by stripe`. */
function whatOf({ kind, organization, source }: Fence): string {
  if (kind === 'source') return `customers, by ${source ?? 'a source'}`;
  return `people of ${organization ? nameOf(organization) : 'an organization'}`;
}

/** Fences, as the API orders them: the newest first. */
export function fenceTable(page: Page, fences: readonly Fence[]): string {
  const rows = fences.map((one): Cell[] => [
    instantInWords(one.opened_at, page.nowMs),
    whatOf(one),
    one.waiting > 0 ? { text: inWords(one.waiting), style: 'yellow' } : 'none waits',
    one.id,
    one.author ? nameOf(one.author) : (one.source ?? ''),
    firstOf(one.difference),
  ]);
  return table(page, ['SINCE', 'FENCE', 'STANDS', 'ID', 'SET OFF BY', 'WHAT WOULD HAPPEN'], rows);
}

/** In a list, the first difference stands for all: each fence shows its own. */
function firstOf([first = '', ...more]: readonly string[]): string {
  return more.length > 0 ? `${first} and ${more.length} more` : first;
}

/** A fence with what would happen, and to whom. */
export function fenceText(page: Page, fence: Fence, items: readonly FenceItem[]): string {
  const { nowMs } = page;
  const isOpen = fence.state === 'open';
  const decided = [
    ...(fence.released > 0 ? [`${fence.released} released`] : []),
    ...(fence.discarded > 0 ? [`${fence.discarded} discarded`] : []),
  ];
  const shown = items.filter((one) => !isOpen || one.state === 'waiting');
  return (
    headline(
      page,
      `fence: ${whatOf(fence)}`,
      isOpen ? inWords(fence.waiting) : 'closed',
      isOpen ? 'yellow' : 'dim',
    ) +
    fields(page, [
      ['Set off by', fence.author ? nameAndEmail(fence.author) : (fence.source ?? null)],
      ['Limit', `${fence.limit} at once`],
      ['Decided', decided.join(', ') || null],
      ['Since', instantInWords(fence.opened_at, nowMs)],
      ['Closed', fence.closed_at ? instantInWords(fence.closed_at, nowMs) : null],
      ['Id', fence.id],
    ]) +
    (fence.difference.length > 0 ? `What would happen:\n${lines(fence.difference)}` : '') +
    (shown.length > 0 ? itemTable(page, shown) : '')
  );
}

function itemTable(page: Page, items: readonly FenceItem[]): string {
  const rows = items.map((one): Cell[] => [
    nameOf(one.person ?? one.organization),
    one.process_kind === 'offboarding'
      ? `leaves${one.suspended ? ', suspended' : ''}`
      : differenceInWords(one),
    ...(one.state === 'waiting' ? [] : [one.state]),
    one.id,
  ]);
  const hasState = items.some(({ state }) => state !== 'waiting');
  return table(page, ['WHO', 'WHAT', ...(hasState ? ['STATE'] : []), 'ITEM'], rows);
}

function differenceInWords({ difference: { gain, lose } }: FenceItem): string {
  const parts = [
    ...(lose.length > 0 ? [`loses ${lose.join(', ')}`] : []),
    ...(gain.length > 0 ? [`gains ${gain.join(', ')}`] : []),
  ];
  return parts.join('; ') || 'changes';
}

/** What was decided, and how many wait still. */
export function decidedText(
  { waiting, returns_to: revision, stays }: DecidedFence,
  { verb, decided, command }: { verb: 'release' | 'discard'; decided: number | null; command: string },
): string {
  const what = decided === null ? 'Everything that waited' : count(decided, 'change', 'changes');
  const isOne = decided === null || decided === 1;
  const done = verb === 'release' ? (isOne ? 'goes on' : 'go on') : isOne ? 'is dropped' : 'are dropped';
  const left = waiting > 0 ? ` ${inWords(waiting)} still:  ${command}` : '';
  const returned = revision
    ? `The configuration returns to revision ${revision}; who had gone through the edit comes back.\n`
    : '';
  return `${what} ${done}.${left}\n${returned}${stays ? `${neutralise(stays)}\n` : ''}`;
}

function inWords(waiting: number): string {
  return `${waiting} ${waiting === 1 ? 'waits' : 'wait'}`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `  ${neutralise(text)}\n`).join('');
}
