import { linkTokenHash } from '../../crypto/link-token.ts';
import { appendAudit } from '../../db/audit.ts';
import { within, withinVendor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { nudgeProcess } from '../../db/queries/process.ts';
import {
  confirmOpenWelcome,
  findOpenWelcome,
  type OpenWelcome,
  readWelcomeNames,
  type WelcomeNames,
} from '../../db/queries/welcome.ts';
import type { ApiDeps } from '../deps.ts';

/** A welcome as its page shows it. Instants are ISO 8601 UTC. */
export interface Welcome extends WelcomeNames {
  createdAt: string;
  expiresAt: string;
  /** The ledger's clock when it was read, or confirmed. */
  now: string;
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
export async function confirmWelcome(deps: ApiDeps, token: string): Promise<Welcome | null> {
  const hash = linkTokenHash(token);
  // Whose it is must be known before it can be written with that person's eyes.
  const found = hash === null ? null : await withinVendor(deps.ledger, (tx) => findOpenWelcome(tx, hash));
  if (hash === null || found === null) return null;
  const { personId, organizationId } = found;
  const lines: OutboxLine[] = [];
  const confirmed = await within(
    deps.ledger,
    { personId, organizationId, reach: 'own' },
    async (tx): Promise<Welcome | null> => {
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
      return shown(welcome, names);
    },
  );
  for (const line of lines) deps.starter.hurry(line);
  return confirmed;
}

function shown({ createdAt, expiresAt, now }: OpenWelcome, names: WelcomeNames): Welcome {
  return { ...names, createdAt, expiresAt, now };
}
