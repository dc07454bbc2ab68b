import type { StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import { approvesAny, consentTo } from '../domain/consent.ts';
import type { HoldQuestion, PolicyQuestion, UseQuestion } from '../domain/policy.ts';

export type CedarInput = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/** A question about access for a period in Cedar's terms, as `schema.cedarschema` describes them. */
export function cedarInput(question: PolicyQuestion): CedarInput {
  const { assurance, hasTicket, now } = question;
  return {
    ...parties(question),
    action: { type: 'Action', id: question.entitlement },
    context: { amr: assurance.amr, signals: assurance.signals, hasTicket, now: datetime(now) },
  };
}

/** A question about standing access in the same terms. */
export function holdInput(question: HoldQuestion): CedarInput {
  const { entitlement, signals, now } = question;
  return {
    ...parties(question),
    action: { type: 'Action', id: holdAction },
    context: { entitlement, signals, now: datetime(now) },
  };
}

/** A question about using what is held in the same terms. */
export function useInput(question: UseQuestion): CedarInput {
  const { entitlement, origin, signals, now, amr, ip } = question;
  return {
    ...parties(question),
    action: { type: 'Action', id: useAction },
    context: {
      entitlement,
      origin,
      signals,
      now: datetime(now),
      ...(amr === undefined ? {} : { amr: [...amr] }),
      ...(ip === undefined ? {} : { ip: { __extn: { fn: 'ip', arg: ip } } }),
    },
  };
}

/** The action of using what is held. */
export const useAction = 'use';

/** The action of standing access; all but the two are entitlements that can be asked for. */
export const holdAction = 'hold';

/**
 * Who holds and what is held. Two entities are sent, the person with the roles held now and the resource with the
 * organization whose data is reached, because each one more costs time in every call.
 */
function parties({
  person,
  resource,
  organization,
}: Pick<PolicyQuestion, 'person' | 'resource' | 'organization'>): Pick<
  CedarInput,
  'principal' | 'resource' | 'entities'
> {
  const principal = { type: 'Person', id: person.id };
  const target = { type: 'Resource', id: resource.id };
  const consent = consentTo(organization, resource.classification);
  return {
    principal,
    resource: target,
    entities: [
      {
        uid: principal,
        attrs: {
          organization: { id: person.organization.id, kind: person.organization.kind },
          employment: person.employment,
          suspended: person.suspended,
          // Cedar has no null: what is unknown is left out, and a policy has to ask whether it is there.
          ...(person.department === null ? {} : { department: person.department }),
          ...(person.region === null ? {} : { region: person.region }),
        },
        parents: person.roles.map((role) => ({ type: 'Role', id: role })),
      },
      {
        uid: target,
        attrs: {
          key: resource.key,
          kind: resource.kind,
          region: resource.region,
          classification: resource.classification,
          needsConsent: consent !== null,
          needsConsentInEmergency: consent?.emergency === 'refuse',
          organization: {
            id: organization.id,
            key: organization.key,
            kind: organization.kind,
            approvesVendorAccess: approvesAny(organization),
            suspended: organization.suspended,
            ...(organization.tier === null ? {} : { tier: organization.tier }),
          },
        },
        parents: [],
      },
    ],
  };
}

function datetime(instant: string) {
  return { __extn: { fn: 'datetime', arg: instant } };
}
