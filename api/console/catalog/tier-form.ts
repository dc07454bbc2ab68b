import type { Json } from '../../../domain/catalog.ts';
import { catalogTexts as texts } from '../texts/catalog.ts';
import {
  type Line,
  linesOf,
  membersIn,
  numberOr,
  type PartForm,
  said,
  textIn,
  textsIn,
  tickedOf,
  ticks,
  type Typed,
  typedLines,
  withoutGroup,
} from './typed.ts';

const hasKey = (line: Line) => said(line, 'key') !== '';
/** A line for a contract role says something also where only roles are ticked: it lacks its key then. */
const givesRoles = (line: Line) => hasKey(line) || tickedOf(line, 'roles').length > 0;

const defaultsOf = (typed: Typed) => linesOf(typed, 'default_roles', givesRoles);
const featuresOf = (typed: Typed) => linesOf(typed, 'features', hasKey);

/** A tier: which roles its users may hold, what a new one starts with, how many they are, and what the product switches on. */
export const tierForm: PartForm = {
  typedOf: (entry) => ({
    key: textIn(entry.key),
    name: textIn(entry.name),
    seats: textIn(entry.seats),
    ...ticks('allowed_roles', textsIn(entry.allowed_roles)),
    ...typedLines(
      'default_roles',
      Object.entries(membersIn(entry.default_roles)).map(([key, roles]) => ({
        key,
        ...ticks('roles', textsIn(roles)),
      })),
    ),
    ...typedLines(
      'features',
      Object.entries(membersIn(entry.features)).map(([key, on]) => ({ key, on: on === true ? 'on' : 'off' })),
    ),
  }),
  tidied: (typed) => ({
    ...withoutGroup(withoutGroup(typed, 'default_roles'), 'features'),
    ...typedLines('default_roles', defaultsOf(typed)),
    ...typedLines('features', featuresOf(typed)),
  }),
  entered(typed) {
    const defaults = keyed('default_roles', defaultsOf(typed), (line) => tickedOf(line, 'roles'));
    const features = keyed('features', featuresOf(typed), (line) => line.on !== 'off');
    const seats = said(typed, 'seats');
    return {
      value: {
        key: said(typed, 'key'),
        name: said(typed, 'name'),
        seats: seats.toLowerCase() === 'unlimited' ? 'unlimited' : numberOr(seats),
        allowed_roles: tickedOf(typed, 'allowed_roles'),
        default_roles: defaults.value,
        features: features.value,
      },
      faults: { ...defaults.faults, ...features.faults },
    };
  },
  fieldAt([field, key, nth], typed) {
    if (field === 'default_roles') {
      const at = defaultsOf(typed).findIndex((line) => said(line, 'key') === key);
      return `default_roles.${at}.${nth === undefined ? 'key' : 'roles'}`;
    }
    if (field === 'features')
      return `features.${featuresOf(typed).findIndex((line) => said(line, 'key') === key)}.key`;
    return String(field ?? 'key');
  },
};

/** Lines with a key each as members of an object, and which of them say one again or none. */
function keyed(group: string, lines: readonly Line[], valueOf: (line: Line) => Json) {
  const value: [string, Json][] = [];
  const faults: Record<string, string> = {};
  for (const [at, line] of lines.entries()) {
    const key = said(line, 'key');
    const isKnown = value.some(([one]) => one === key);
    if (key === '') faults[`${group}.${at}.key`] = texts.fault.nameIt;
    else if (isKnown) faults[`${group}.${at}.key`] = texts.fault.again(key);
    else value.push([key, valueOf(line)]);
  }
  return { value: Object.fromEntries(value), faults };
}
