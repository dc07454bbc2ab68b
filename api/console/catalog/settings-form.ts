import type { Json } from '../../../domain/catalog.ts';
import { dunningStates } from '../../../domain/catalog-settings.ts';
import {
  keysIn,
  listIn,
  membersIn,
  numberOr,
  type PartForm,
  said,
  saidOrNull,
  textIn,
  textsIn,
  tickedOf,
  ticks,
  type Typed,
} from './typed.ts';

const periods = ['churn_grace', 'downgrade_grace', 'standing_period'] as const;
const fences = ['source', 'people'] as const;
const stepsOf = (typed: Typed) => dunningStates.filter((state) => said(typed, `dunning.${state}`) !== '');

/** What holds for the installation as a whole. */
export const settingsForm: PartForm = {
  typedOf(entry) {
    const [welcome, fence] = [membersIn(entry.welcome), membersIn(entry.fence)];
    const steps = listIn(entry.dunning).map(membersIn);
    return {
      ...Object.fromEntries(periods.map((field) => [field, textIn(entry[field])])),
      'welcome.expires': textIn(welcome.expires),
      'welcome.reminders': textsIn(welcome.reminders).join(', '),
      ...Object.fromEntries(steps.map(({ state, after }) => [`dunning.${textIn(state)}`, textIn(after)])),
      ...ticks('restricted_roles', textsIn(entry.restricted_roles)),
      ...Object.fromEntries(
        fences.flatMap((kind) =>
          Object.entries(membersIn(fence[kind])).map(([field, value]) => [
            `fence.${kind}.${field}`,
            textIn(value),
          ]),
        ),
      ),
      handover: textIn(entry.handover),
    };
  },
  tidied: (typed) => typed,
  entered: (typed) => ({
    value: {
      ...Object.fromEntries(periods.map((field) => [field, said(typed, field)])),
      welcome: {
        expires: said(typed, 'welcome.expires'),
        reminders: keysIn(typed['welcome.reminders'] ?? ''),
      },
      dunning: stepsOf(typed).map((state) => ({ state, after: said(typed, `dunning.${state}`) })),
      restricted_roles: tickedOf(typed, 'restricted_roles'),
      fence: Object.fromEntries(fences.map((kind) => [kind, fenceIn(typed, kind)])),
      handover: saidOrNull(typed, 'handover'),
    },
    faults: {},
  }),
  fieldAt([field, inner, last], typed) {
    if (field === 'welcome' || field === 'fence')
      return [field, inner, ...(field === 'fence' && last !== undefined ? [last] : [])].join('.');
    return field === 'dunning'
      ? `dunning.${stepsOf(typed)[Number(inner)] ?? dunningStates[0]}`
      : String(field ?? 'handover');
  },
};

function fenceIn(typed: Typed, kind: (typeof fences)[number]): { [name: string]: Json } {
  return {
    share: numberOr(said(typed, `fence.${kind}.share`)),
    least: numberOr(said(typed, `fence.${kind}.least`)),
    window: said(typed, `fence.${kind}.window`),
  };
}
