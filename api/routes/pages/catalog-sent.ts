import { checked, formOf, type PageContext } from '../../console/answer.tsx';
import type { Typed } from '../../console/catalog/typed.ts';
import type { Said } from '../../console/pages/catalog-entry.tsx';
import { catalogTexts as texts } from '../../console/texts/catalog.ts';
import { type CatalogView, getCatalog, showRevision } from '../../operations/read-catalog.ts';
import { partRemovalBody } from '../../schemas/catalog.ts';

/** A form that nobody has sent. */
export const nothingSaid: Said = {
  typed: {},
  faults: {},
  refusal: null,
  plan: null,
  planned: null,
  elsewhere: [],
  lines: {},
  isOther: false,
  stale: null,
};

/** The catalog in force. */
export const viewOf = (c: PageContext) => getCatalog(c.get('deps'), c.get('principal'), {});

/** What a form asks for, beside what is typed into its fields. */
interface Sent {
  typed: Typed;
  base: number;
  doing: 'save' | 'look' | 'more';
  seen: string;
  lines: Record<string, number>;
}

/** What was sent, of whichever form. */
export async function sent(c: PageContext, newest: number): Promise<Sent> {
  const { csrf: _csrf, base, do: verb, seen = '', more, ...typed } = await formOf(c);
  const number = Number(base);
  const [, group = '', count = ''] = /^([a-z_]{1,40}):(\d{1,4})$/.exec(more ?? '') ?? [];
  return {
    typed,
    // Nothing is newer than the newest: a form that says so was made by nobody.
    base: Number.isInteger(number) && number >= 0 && number <= newest ? number : 0,
    doing: more !== undefined ? 'more' : verb === 'save' ? 'save' : 'look',
    seen,
    lines: group ? { [group]: Number(count) } : {},
  };
}

/** What has changed since the revision that a form was made from. */
export const staleSince = (c: PageContext, { revision }: CatalogView, base: number) =>
  showRevision(c.get('deps'), c.get('principal'), { revision, since: base });

/** What is wrong with the reason, by its field. */
export function reasonFault(base: number, reason: string | undefined): Record<string, string> {
  const wish = checked(partRemovalBody, { base_revision: base, reason: reason ?? '' });
  if (!('faults' in wish)) return {};
  return { reason: (reason ?? '').trim() === '' ? texts.field.reasonFault : (wish.faults.reason ?? '') };
}
