import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type Page, table } from './layout.ts';
import { pathPart } from './paths.ts';
import type { Session } from './session.ts';

const rule = z.object({ classification: z.string(), within: z.string(), emergency: z.string() });
const consentShape = z.object({
  customer: z.object({ name: z.string() }),
  in_force: z.array(rule),
  override: z.object({ reason: z.string(), until: z.string() }).nullable(),
});
type Consent = z.infer<typeof consentShape>;

/** Which access of the vendor's people a customer's own approve. */
export async function consentCommand(session: Session, customer: string): Promise<ExitCode> {
  const answer = await session.client.get(`/v1/customers/${pathPart(customer)}/consent`);
  session.print(answer, () => consentText(pageOf(session), readAs(consentShape, answer)));
  return exitCodes.done;
}

function consentText(page: Page, { customer, in_force: rules, override }: Consent): string {
  const changed = override ? `Changed until ${override.until}: ${override.reason}\n` : '';
  if (rules.length === 0) return `${customer.name} approves none of our access.\n${changed}`;
  const rows = rules.map(({ classification, within, emergency }) => [
    classification,
    within,
    emergency === 'refuse' ? 'not without it' : 'at once, and told',
  ]);
  return `${customer.name} approves our access.\n${table(page, ['DATA', 'WITHIN', 'IN AN EMERGENCY'], rows)}${changed}`;
}
