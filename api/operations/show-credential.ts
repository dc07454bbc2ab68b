import { setTimeout as sleep } from 'node:timers/promises';
import { newPassword } from '../../crypto/password.ts';
import { seal, unseal } from '../../crypto/sealing.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { enqueue } from '../../db/outbox.ts';
import {
  type CredentialRow,
  lockCredential,
  noteCredentialShown,
  putNextPassword,
} from '../../db/queries/credential.ts';
import type { RequestStanding } from '../../db/queries/access-request.ts';
import { lockGrant } from '../../db/queries/grant.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { hostAndPort } from '../../domain/host-port.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type Recorded, transact } from '../transact.ts';
import { baseRequest, stillHeld, weighHeld } from './extend-access-request.ts';
import { refusedAct } from './refusals.ts';

/** What a holder signs in with. */
export interface Credential {
  grantId: string;
  kind: string;
  username: string;
  password: string;
  host: string;
  port: number;
  database: string;
  url: string;
  validUntil: string;
  shownAt: string;
}

/** How long an answer waits for another password to reach the target, and how often it looks, in milliseconds. */
const replacing = { forMs: 5_000, everyMs: 100 };

/**
 * Shows the credential to its holder, once. With `replace` another one is made first: from then on the old one is worth
 * nothing, and asking again goes on with what was begun.
 */
export async function showCredential(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  wish: { replace: boolean },
): Promise<Outside<Credential>> {
  const deadline = Date.now() + replacing.forMs;
  for (let replace = wish.replace; ; replace = false) {
    const shown = await transact(deps, caller, null, (tx) => attempt(deps, tx, caller, name, replace));
    if (shown.credential) return shown.credential;
    if (Date.now() >= deadline) {
      throw new TenureError('target-unavailable', 'The new credential is on its way. Ask again in a moment.');
    }
    await sleep(replacing.everyMs);
  }
}

/** One look at the grant's row: shows what is there, begins a replacement, or finds that one is under way. */
async function attempt(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  name: string,
  replace: boolean,
): Promise<Recorded<{ credential: Credential | null }>> {
  const asked = await baseRequest(tx, caller, name);
  const grant = stillHeld(caller, asked, await lockGrant(tx, { requestId: asked.id }), 'credential');
  await refuseWithoutSecondFactor(deps, tx, caller, asked);
  const row = await lockCredential(tx, grant.id);
  if (!row) throw new TypeError('A grant without its row.');
  if (row.isReplacing) return { answer: { credential: null }, lines: [] };
  if (row.shownAt === null) return { answer: { credential: await show(deps, tx, caller, row) }, lines: [] };
  if (replace) return beginReplacing(deps, tx, caller, row);
  throw new TenureError(
    'credential-already-shown',
    'It is shown once. Ask with {"replace": true} for a new one.',
  );
}

/**
 * What needs a second factor to be asked for needs one to be taken up: else a stolen password would do for access that was
 * asked for with more. Policy says of what that holds; where it allows the access to nobody any more, how it was asked for does.
 */
export async function refuseWithoutSecondFactor(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
): Promise<void> {
  if (caller.amr.includes('mfa')) return;
  const verdict = await weighHeld(deps, tx, caller, asked);
  const isAllowed = verdict !== null && verdict.outcome !== 'refused';
  const isNeeded = isAllowed ? verdict.needs.some(({ kind }) => kind === 'mfa') : asked.askedWithMfa;
  if (!isNeeded) return;
  const problem = new TenureError('step-up-required', 'Sign in with a second factor to take up this access.');
  throw refusedAct(caller, asked, 'credential', problem);
}

async function show(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  row: CredentialRow,
): Promise<Credential> {
  if (row.sealedPassword === null || row.database === null) {
    throw new TenureError('not-held', 'This access comes without a credential.');
  }
  const password = unseal(deps.sealing, row.sealedPassword, sealingContext(row.grantId));
  const shownAt = await noteCredentialShown(tx, row.grantId);
  await audit(tx, caller, row, 'credential.shown');
  const { grantId, kind, account: username, host, port, database } = row;
  const url = connectionUrl({ username, password, host, port, database });
  return { grantId, kind, username, password, host, port, database, url, validUntil: row.dueAt, shownAt };
}

async function beginReplacing(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  row: CredentialRow,
): Promise<Recorded<{ credential: null }>> {
  await putNextPassword(tx, row.grantId, seal(deps.sealing, newPassword(), sealingContext(row.grantId)));
  await audit(tx, caller, row, 'credential.replaced');
  const line = await enqueue(tx, {
    kind: 'credential',
    subjectId: row.grantId,
    message: { signal: null, id: row.grantId, organization: row.organizationId, run: 1 },
    traceparent: deps.trace?.() ?? null,
  });
  return { answer: { credential: null }, lines: [line] };
}

function sealingContext(grantId: string): string {
  return `grant:${grantId}`;
}

function connectionUrl(to: Pick<Credential, 'username' | 'password' | 'host' | 'port' | 'database'>): string {
  const url = new URL(`postgresql://${hostAndPort(to.host, to.port)}/${encodeURIComponent(to.database)}`);
  url.username = to.username;
  url.password = to.password;
  return url.href;
}

function audit(
  tx: Executor,
  caller: PersonPrincipal,
  row: CredentialRow,
  type: AuditEventType,
): Promise<void> {
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject: { kind: 'grant', id: row.grantId },
    organizationId: row.organizationId,
    holderOrganizationId: row.holderOrganizationId,
    requestId: row.requestId,
    grantId: row.grantId,
    policyVersion: row.policyVersion,
  });
}
