import type { StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyQuestion } from '../domain/policy.ts';

type CedarInput = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/**
 * A question in Cedar's terms, as `schema.cedarschema` describes them. Two entities are sent, the person with the roles
 * held now and the resource with the organization whose data is reached, because each one more costs time in every call.
 */
export function cedarInput(question: PolicyQuestion): CedarInput {
  const { person, resource, organization, assurance } = question;
  const principal = { type: 'Person', id: person.id };
  const target = { type: 'Resource', id: resource.id };
  return {
    principal,
    action: { type: 'Action', id: question.entitlement },
    resource: target,
    context: {
      amr: assurance.amr,
      signals: assurance.signals,
      hasTicket: question.hasTicket,
      now: { __extn: { fn: 'datetime', arg: question.now } },
    },
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
          organization: {
            id: organization.id,
            key: organization.key,
            kind: organization.kind,
            approvesVendorAccess: organization.approvesVendorAccess,
            suspended: organization.suspended,
            ...(organization.tier === null ? {} : { tier: organization.tier }),
          },
        },
        parents: [],
      },
    ],
  };
}
