import type { Json } from '../../../domain/catalog.ts';
import { consentFieldAt, enteredConsent, tidyConsent, typedConsent } from './consent-lines.ts';
import { membersIn, numberOr, type PartForm, said, textIn, type Typed, withoutGroup } from './typed.ts';

/** An exception for one customer. Its end is an instant here; pages write it as the viewer's own minute. */
export const overrideForm: PartForm = {
  typedOf(entry) {
    const what = membersIn(entry.what);
    return {
      customer: textIn(entry.customer),
      kind: textIn(what.kind),
      seats: textIn(what.seats),
      feature: textIn(what.feature),
      enabled: what.enabled === false ? 'off' : 'on',
      role: textIn(what.role),
      ...typedConsent(what.rules),
      why: textIn(entry.reason),
      approver: textIn(entry.approver),
      until: textIn(entry.until),
    };
  },
  tidied: (typed) => ({ ...withoutGroup(typed, 'consent'), ...tidyConsent(typed) }),
  entered: (typed) => ({
    value: {
      customer: said(typed, 'customer'),
      what: exceptionIn(typed),
      reason: said(typed, 'why'),
      approver: said(typed, 'approver'),
      until: said(typed, 'until'),
    },
    faults: {},
  }),
  fieldAt([field, inner, ...rest]) {
    if (field === undefined) return 'customer';
    // The revision has a reason, too, and it has the field of that name.
    if (field === 'reason') return 'why';
    if (field !== 'what') return String(field);
    if (inner === 'rules') return consentFieldAt(rest);
    return String(inner ?? 'kind');
  },
};

function exceptionIn(typed: Typed): { [name: string]: Json } {
  const kind = said(typed, 'kind');
  if (kind === 'seats') {
    const seats = said(typed, 'seats');
    return { kind, seats: seats.toLowerCase() === 'unlimited' ? 'unlimited' : numberOr(seats) };
  }
  if (kind === 'feature') return { kind, feature: said(typed, 'feature'), enabled: typed.enabled !== 'off' };
  if (kind === 'role') return { kind, role: said(typed, 'role') };
  return kind === 'consent' ? { kind, rules: enteredConsent(typed) } : { kind };
}
