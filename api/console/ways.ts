import { type RuleName, rules } from '../guards/rule.ts';
import type { PersonPrincipal } from '../principal.ts';
import { texts } from './texts/common.ts';

/** A page that stands in the console's navigation. */
export interface Place {
  href: string;
  label: string;
  /** Who finds it there: whom the rule of its route admits. */
  rule: RuleName;
  /** It is a tab on a phone, too; the others stand behind More there. */
  isTab: boolean;
}

const { way } = texts;

/** The console's places in the order in which they stand. */
const places: readonly Place[] = [
  { href: '/', label: way.home, rule: 'person', isTab: true },
  { href: '/requests/new', label: way.request, rule: 'person', isTab: true },
  { href: '/approvals', label: way.approvals, rule: 'person', isTab: true },
];

/** The places that are open to somebody. */
export function placesOf(person: PersonPrincipal): Place[] {
  return places.filter(({ rule }) => rules[rule].admits(person));
}
