import { stringify } from 'yaml';
import type { Applied, Plan, Revision } from './config-shapes.ts';
import { instantInWords } from './instants.ts';
import { headline, nameAndEmail, type Page, table } from './layout.ts';
import { count, neutralise } from './text.ts';

/** What would change, what it means for people, and which role changes would begin. */
export function planText(page: Page, plan: Plan): string {
  if (plan.changes.length === 0)
    return `Nothing would change: revision ${plan.base_revision} says the same.\n`;
  const changes = count(plan.changes.length, 'change', 'changes');
  const begin = headline(page, `From revision ${plan.base_revision}`, changes);
  const begins =
    plan.role_changes.length > 0 ? `Role changes would begin for ${customers(plan.role_changes)}.\n` : '';
  return [
    begin,
    lines(plan.changes),
    effectText(plan),
    begins,
    roleChanges(page, plan.role_changes),
    fenceText(plan),
  ].join('');
}

/** How many would wait, of those that are too many at once. */
function fenceText({ role_changes: all }: Plan): string {
  const held = all.filter((one) => one.waiting > 0);
  if (held.length === 0) return '';
  const waiting = held.reduce((sum, one) => sum + one.waiting, 0);
  const whose = held.length === 1 ? ` of ${held[0]?.organization.name ?? ''}` : '';
  return `${count(waiting, 'person', 'people')}${neutralise(whose)} would wait behind a fence: a second person releases them.\n`;
}

function effectText({ effects }: Plan): string {
  if (effects.length === 0) return 'Nobody gains or loses anything by it.\n';
  return `For people:\n${lines(effects)}`;
}

/** What is in force now, and the role changes that have begun. */
export function appliedText(page: Page, applied: Applied): string {
  if (applied.changes.length === 0)
    return `Nothing was changed: revision ${applied.revision} says the same.\n`;
  const head = headline(page, `Revision ${applied.revision}`, 'in force', 'green');
  if (applied.processes.length === 0) return head;
  return `${head}Role changes have begun for ${customers(applied.processes)}.\n${roleChanges(page, applied.processes)}`;
}

type RoleChange = Applied['processes'][number] | Plan['role_changes'][number];

function roleChanges(page: Page, all: readonly RoleChange[]): string {
  if (all.length === 0) return '';
  const rows = all.map((one) => [
    `${one.organization.name} (${one.organization.key})`,
    count(one.people, 'person', 'people'),
    ...('id' in one ? [one.id] : [one.waiting > 0 ? String(one.waiting) : '']),
  ]);
  const isPlanned = all.every((one) => 'waiting' in one);
  const isHeld = all.some((one) => 'waiting' in one && one.waiting > 0);
  const last = isPlanned ? (isHeld ? ['of them wait'] : []) : ['process'];
  return table(
    page,
    ['organization', 'who', ...last],
    rows.map((row) => row.slice(0, 2 + last.length)),
  );
}

function customers(all: readonly RoleChange[]): string {
  return count(all.length, 'organization', 'organizations');
}

function lines(sentences: readonly { sentence: string }[]): string {
  return sentences.map(({ sentence }) => `  ${neutralise(sentence)}\n`).join('');
}

/** Every revision in a line. */
export function revisionTable(page: Page, revisions: readonly Revision[]): string {
  if (revisions.length === 0) return 'The catalog has no revision yet.\n';
  const rows = revisions.map((one) => [String(one.revision), when(page, one), by(one), one.reason ?? '']);
  return table(page, ['revision', 'when', 'by', 'why'], rows);
}

/** The whole catalog as one document of YAML, with who wrote it above. */
export function catalogText(page: Page, revision: Revision, catalog: unknown): string {
  const said = [`revision ${revision.revision}`, when(page, revision), by(revision), revision.reason ?? ''];
  const head = `# ${said.filter(Boolean).join(', ')}`;
  const text = stringify(catalog, { lineWidth: 0, aliasDuplicateObjects: false });
  return [neutralise(head), ...text.split('\n').map(neutralise)].join('\n');
}

function when({ nowMs }: Page, { created_at: at }: Revision): string {
  return at ? instantInWords(at, nowMs) : '';
}

function by({ author }: Revision): string {
  return author ? nameAndEmail(author) : '';
}
