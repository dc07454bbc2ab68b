import { consentFieldAt, enteredConsent, tidyConsent, typedConsent } from './consent-lines.ts';
import { type PartForm, said, saidOrNull, textIn, textsIn, tickedOf, ticks, withoutGroup } from './typed.ts';

/** A customer type: what a new customer begins with. */
export const customerTypeForm: PartForm = {
  typedOf: (entry) => ({
    key: textIn(entry.key),
    name: textIn(entry.name),
    tier: textIn(entry.tier),
    region: textIn(entry.region),
    granted_period: textIn(entry.granted_period),
    ...ticks('first_roles', textsIn(entry.first_roles)),
    ...typedConsent(entry.consent, entry.approves_vendor_access === true),
  }),
  tidied: (typed) => ({ ...withoutGroup(typed, 'consent'), ...tidyConsent(typed) }),
  entered: (typed) => ({
    value: {
      key: said(typed, 'key'),
      name: said(typed, 'name'),
      tier: said(typed, 'tier'),
      region: saidOrNull(typed, 'region'),
      consent: enteredConsent(typed),
      first_roles: tickedOf(typed, 'first_roles'),
      granted_period: said(typed, 'granted_period'),
    },
    faults: {},
  }),
  fieldAt: ([field, ...rest]) => (field === 'consent' ? consentFieldAt(rest) : String(field ?? 'key')),
};
