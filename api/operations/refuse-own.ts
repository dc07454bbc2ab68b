import { TenureError } from '../../domain/errors.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal } from '../transact.ts';

const details = {
  'role-change': 'Nobody changes what they hold themselves. Ask somebody else who manages it.',
  invitation: 'You are here: nobody invites themselves.',
  removal: 'Nobody removes themselves. Ask somebody else who manages your organization’s users.',
  review: 'Nobody reviews what they hold themselves. Ask somebody else who manages it.',
  offboarding: 'Nobody takes their own leave here. Ask somebody else who manages access.',
  reinstatement: 'Nobody takes themselves back. Ask somebody else who manages access.',
} as const;

/** Promise 6: what is about the caller is for others to do. Refused, and recorded once. */
export function refuseOwn(caller: PersonPrincipal, personId: string, act: keyof typeof details): void {
  if (personId !== caller.personId) return;
  const owners = { organizationId: caller.organization.id, holderOrganizationId: caller.organization.id };
  throw new AuditedRefusal(new TenureError('self-approval', details[act]), {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: 'person', id: personId },
    ...owners,
    reason: `${act}: self-approval`,
  });
}
