import type { Json } from '../../../domain/catalog.ts';
import type { Faults } from '../components/form.tsx';
import { catalogTexts as texts } from '../texts/catalog.ts';
import {
  keysIn,
  type Line,
  linesOf,
  listIn,
  membersIn,
  type PartForm,
  said,
  textIn,
  textsIn,
  ticked,
  type Typed,
  typedLines,
  withoutGroup,
} from './typed.ts';

const texted = [
  'key',
  'name',
  'kind',
  'organization',
  'owner',
  'region',
  'classification',
  'connector',
  'target',
] as const;
const saysSomething =
  (...fields: string[]) =>
  (line: Line) =>
    fields.some((field) => said(line, field) !== '');
const entitlementsOf = (typed: Typed) => linesOf(typed, 'entitlements', saysSomething('key', 'name'));
const usualOf = (typed: Typed) =>
  linesOf(typed, 'usual_access', saysSomething('entitlement', 'roles', 'period'));

/** A resource: what access is held on, where it is, what may be done there, and what is usual. */
export const resourceForm: PartForm = {
  typedOf: (entry) => ({
    ...Object.fromEntries(texted.map((field) => [field, textIn(entry[field])])),
    ...(entry.shared === true ? { shared: ticked } : {}),
    settings: entry.settings === undefined ? '' : JSON.stringify(entry.settings, null, 2),
    ...typedLines(
      'entitlements',
      listIn(entry.entitlements)
        .map(membersIn)
        .map(({ key, name }) => ({ key: textIn(key), name: textIn(name) })),
    ),
    ...typedLines(
      'usual_access',
      listIn(entry.usual_access)
        .map(membersIn)
        .map(({ entitlement, roles, period }) => ({
          entitlement: textIn(entitlement),
          roles: textsIn(roles).join(', '),
          period: textIn(period),
        })),
    ),
  }),
  tidied: (typed) => ({
    ...withoutGroup(withoutGroup(typed, 'entitlements'), 'usual_access'),
    ...typedLines('entitlements', entitlementsOf(typed)),
    ...typedLines('usual_access', usualOf(typed)),
  }),
  entered(typed) {
    const settings = settingsIn(said(typed, 'settings'));
    const faults: Faults = settings === null ? { settings: texts.fault.noObject } : {};
    return {
      value: {
        ...Object.fromEntries(texted.map((field) => [field, said(typed, field)])),
        shared: typed.shared === ticked,
        settings: settings ?? {},
        entitlements: entitlementsOf(typed).map((line) => ({
          key: said(line, 'key'),
          name: said(line, 'name'),
        })),
        usual_access: usualOf(typed).map((line) => ({
          entitlement: said(line, 'entitlement'),
          roles: keysIn(line.roles ?? ''),
          period: said(line, 'period'),
        })),
      },
      faults,
    };
  },
  fieldAt([field, at, inner]) {
    if (field === 'entitlements' || field === 'usual_access')
      return at === undefined ? field : `${field}.${at}.${inner ?? 'key'}`;
    return String(field ?? 'key');
  },
};

/** What is typed as JSON: an object with members, or null. */
function settingsIn(text: string): { [name: string]: Json } | null {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    // Whatever JSON.parse answers is something that JSON can say.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { [name: string]: Json })
      : null;
  } catch {
    return null;
  }
}
