import { type RuleName, rules } from '../guards/rule.ts';
import type { PersonPrincipal } from '../principal.ts';
import { signInTexts } from './texts/admin-sign-in.ts';
import { catalogTexts } from './texts/catalog.ts';
import { texts } from './texts/common.ts';
import { operationsTexts } from './texts/operations.ts';

/** A page that stands in the console's navigation. */
export interface Place {
  href: string;
  label: string;
  /** Who finds it there: whom the rule of its route admits. */
  rule: RuleName;
  /** It is a tab on a phone, too; the others stand behind More there. */
  isTab: boolean;
  /** It stands on a phone alone: elsewhere there is room for what is behind it. */
  isOnPhone?: true;
}

const { way } = texts;

/** The console's places in the order in which they stand. */
const places: readonly Place[] = [
  { href: '/', label: way.home, rule: 'person', isTab: true },
  { href: '/requests/new', label: way.request, rule: 'person', isTab: true },
  { href: '/approvals', label: way.approvals, rule: 'person', isTab: true },
  { href: '/people', label: way.people, rule: 'people-reader', isTab: false },
  { href: '/customers', label: way.customers, rule: 'catalog-reader', isTab: false },
  { href: '/resources', label: way.resources, rule: 'catalog-reader', isTab: false },
  { href: '/reach', label: way.reach, rule: 'whole-record-reader', isTab: false },
  { href: '/requests', label: way.requests, rule: 'catalog-reader', isTab: false },
  { href: '/audit', label: way.records, rule: 'whole-record-reader', isTab: false },
  { href: '/catalog', label: catalogTexts.way, rule: 'catalog-reader', isTab: false },
  { href: '/operations', label: operationsTexts.way, rule: 'fence-reader', isTab: false },
  { href: '/more', label: way.more, rule: 'catalog-reader', isTab: true, isOnPhone: true },
  { href: '/sign-in-settings', label: signInTexts.way, rule: 'domain-accepter', isTab: false },
];

/** The places that are open to somebody. */
export function placesOf(person: PersonPrincipal): Place[] {
  return places.filter(({ rule }) => rules[rule].admits(person));
}
