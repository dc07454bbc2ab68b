import { type PartForm, said, textIn, textsIn, tickedOf, ticks } from './typed.ts';

const groups = ['duties', 'includes', 'conflicts_with', 'entitlements'] as const;

/** A role: what it gives, what it includes, beside what nobody may have it, and what it allows here. */
export const roleForm: PartForm = {
  typedOf: (entry) =>
    Object.assign(
      { key: textIn(entry.key), name: textIn(entry.name) },
      ...groups.map((group) => ticks(group, textsIn(entry[group]))),
    ),
  tidied: (typed) => typed,
  entered: (typed) => ({
    value: {
      key: said(typed, 'key'),
      name: said(typed, 'name'),
      ...Object.fromEntries(groups.map((group) => [group, tickedOf(typed, group)])),
    },
    faults: {},
  }),
  fieldAt: ([field]) => String(field ?? 'key'),
};
