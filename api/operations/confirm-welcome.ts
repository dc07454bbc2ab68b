import { sha256Hex } from '../../crypto/digest.ts';
import { linkTokenHash } from '../../crypto/link-token.ts';
import { randomWord } from '../../crypto/session-token.ts';
import { appendAudit } from '../../db/audit.ts';
import { type Executor, within, withinVendor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { insertTicket, readWaysIn } from '../../db/queries/passkey-challenge.ts';
import { nudgeProcess } from '../../db/queries/process.ts';
import {
  confirmOpenWelcome,
  findOpenWelcome,
  type OpenWelcome,
  readWelcomeNames,
  type WelcomeNames,
} from '../../db/queries/welcome.ts';
import { newId } from '../../domain/ids.ts';
import { relyingPartyOf } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';

/** A welcome as its page shows it. Instants are ISO 8601 UTC. */
export interface Welcome extends WelcomeNames {
  createdAt: string;
  expiresAt: string;
  /** The ledger's clock when it was read, or confirmed. */
  now: string;
}

/** A welcome that was just confirmed. */
export interface Confirmed extends Welcome {
  /**
   * The word that gives this browser the right to make a passkey. Null where an identity provider says who is who, where there are
   * no passkeys, and for who is not here (yet).
   */
  ticket: string | null;
  /** Their organization has an identity provider: they sign in by it. */
  hasProvider: boolean;
}

/** What a link leads to, and nothing else happens; null when it leads nowhere (any more), whatever the reason. */
export async function openWelcome(deps: ApiDeps, token: string): Promise<Welcome | null> {
  const hash = linkTokenHash(token);
  if (hash === null) return null;
  return withinVendor(deps.ledger, async (tx) => {
    const found = await findOpenWelcome(tx, hash);
    return found && shown(found, await readWelcomeNames(tx, found));
  });
}

/**
 * Confirms a welcome, once: the fact, its audit event and the line that wakes the process are one transaction. Null when
 * there is nothing to confirm (any more).
 */
export async function confirmWelcome(deps: ApiDeps, token: string): Promise<Confirmed | null> {
  const hash = linkTokenHash(token);
  // Whose it is must be known before it can be written with that person's eyes.
  const found = hash === null ? null : await withinVendor(deps.ledger, (tx) => findOpenWelcome(tx, hash));
  if (hash === null || found === null) return null;
  const { personId, organizationId } = found;
  const lines: OutboxLine[] = [];
  const confirmed = await within(
    deps.ledger,
    { personId, organizationId, reach: 'own' },
    async (tx): Promise<Confirmed | null> => {
      const welcome = await confirmOpenWelcome(tx, hash);
      if (!welcome) return null;
      const names = await readWelcomeNames(tx, welcome);
      await appendAudit(tx, {
        type: 'welcome.confirmed',
        actor: { kind: 'person', id: personId, name: names.person },
        subject: { kind: 'welcome', id: welcome.id },
        organizationId,
        holderOrganizationId: organizationId,
      });
      if (welcome.processId !== null) {
        const line = await nudgeProcess(tx, welcome.processId, 'confirm', deps.trace?.() ?? null);
        if (line) lines.push(line);
      }
      return { ...shown(welcome, names), ...(await waysIn(deps, tx, welcome)) };
    },
  );
  for (const line of lines) deps.starter.hurry(line);
  return confirmed;
}

/** How they sign in from now on: the confirmation, never the link alone, gives the right to make a passkey. */
async function waysIn(
  deps: ApiDeps,
  tx: Executor,
  { id: welcomeId, personId, organizationId }: OpenWelcome,
): Promise<Pick<Confirmed, 'ticket' | 'hasProvider'>> {
  const { hasProvider, isHere } = await readWaysIn(tx, { personId, organizationId });
  if (hasProvider || !isHere || !relyingPartyOf(deps.publicUrl)) return { ticket: null, hasProvider };
  const ticket = randomWord();
  const tokenHash = sha256Hex(ticket);
  await insertTicket(tx, { id: newId('ticket'), personId, organizationId, welcomeId, tokenHash });
  return { ticket, hasProvider };
}

function shown({ createdAt, expiresAt, now }: OpenWelcome, names: WelcomeNames): Welcome {
  return { ...names, createdAt, expiresAt, now };
}
