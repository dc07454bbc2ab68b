import { appendAudit } from '../../db/audit.ts';
import { type MailView, readMail, requeueMail } from '../../db/queries/mail-view.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { notFound } from './refusals.ts';

/**
 * Has a message that could not be sent tried again. What has lost its reason meanwhile is dropped by the sender, as ever.
 * @throws TenureError `no-longer-waiting` when it did not fail
 */
export function resendMail(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<MailView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = isId('mail', id) ? await readMail(tx, id) : null;
    if (!found) throw notFound();
    if (!(await requeueMail(tx, id, deps.trace?.() ?? null)))
      throw new TenureError('no-longer-waiting', `This message is ${found.state}.`);
    await appendAudit(tx, {
      type: 'mail.resent',
      actor: actorOf(caller),
      subject: { kind: 'mail', id },
      organizationId: found.organization.id,
      holderOrganizationId: found.organization.id,
      reason: found.kind,
    });
    const answer = await readMail(tx, id);
    if (!answer) throw notFound();
    return { answer, lines: [] };
  });
}
