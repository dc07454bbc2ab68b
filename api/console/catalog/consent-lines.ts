import { classifications, type CatalogPath, type Json } from '../../../domain/catalog.ts';
import { usualConsent } from '../../../domain/consent.ts';
import {
  type Line,
  linesOf,
  listIn,
  membersIn,
  textIn,
  textsIn,
  tickedOf,
  ticks,
  type Typed,
  typedLines,
} from './typed.ts';

/** Rules of consent as lines of a form: which data, within what time, and what an emergency does. */
const consentLinesOf = (typed: Typed): Line[] =>
  linesOf(typed, 'consent', (line) => tickedOf(line, 'about').length > 0);

/** The lines without those that say nothing. */
export const tidyConsent = (typed: Typed): Typed => typedLines('consent', consentLinesOf(typed));

/** Rules as a form shows them; where there are none, what is usual if that holds then. */
export function typedConsent(rules: Json | undefined, isUsual = false): Typed {
  const usual = { ...usualConsent, classifications: [...classifications] };
  const all = isUsual ? [usual] : listIn(rules).map(membersIn);
  return typedLines(
    'consent',
    all.map((rule) => ({
      ...ticks('about', textsIn(rule.classifications)),
      within: textIn(rule.within),
      emergency: textIn(rule.emergency),
    })),
  );
}

/** Rules as they were typed, for the catalog to check. */
export function enteredConsent(typed: Typed): Json[] {
  return consentLinesOf(typed).map((line) => ({
    classifications: classifications.filter((one) => tickedOf(line, 'about').includes(one)),
    within: line.within?.trim() || usualConsent.within,
    emergency: line.emergency ?? usualConsent.emergency,
  }));
}

/** Of a path among the rules. */
export function consentFieldAt([at, field]: CatalogPath): string {
  if (at === undefined) return 'consent';
  return `consent.${at}.${field === 'within' || field === 'emergency' ? field : 'about'}`;
}
