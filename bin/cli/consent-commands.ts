import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { nameOf, type Page, table } from './layout.ts';
import { pathPart } from './paths.ts';
import type { Session } from './session.ts';
import { entity } from './shapes.ts';

const rule = z.object({ classification: z.string(), within: z.string(), emergency: z.string() });
const consentShape = z.object({
  customer: z.object({ key: z.string().nullish(), name: z.string() }),
  in_force: z.array(rule),
  override: z
    .object({
      rules: z.array(z.object({ classifications: z.array(z.string()), within: z.string() })),
      reason: z.string(),
      until: z.string(),
      made_by: entity.nullish(),
      confirmed_at: z.string().nullable(),
    })
    .nullable(),
});
type Consent = z.infer<typeof consentShape>;

/** Which access of the vendor's people a customer's own approve. */
export async function consentCommand(session: Session, customer: string): Promise<ExitCode> {
  const answer = await session.client.get(`/v1/customers/${pathPart(customer)}/consent`);
  session.print(answer, () => {
    const consent = readAs(consentShape, answer);
    const waits = consent.override && !consent.override.confirmed_at;
    const next = `Confirm it as a second person:  ${session.command(`consent confirm ${consent.customer.key ?? customer} --why …`)}\n`;
    return `${consentText(pageOf(session), consent)}${waits ? next : ''}`;
  });
  return exitCodes.done;
}

/**
 * Confirms the exception from what a customer has agreed on, as a second person. The catalog's revision is read before the exception,
 * so that another one which is written meanwhile is refused.
 */
export async function confirmConsentCommand(
  session: Session,
  customer: string,
  why: string,
): Promise<ExitCode> {
  const path = `/v1/customers/${pathPart(customer)}/consent`;
  const { revision } = readAs(z.object({ revision: z.number() }), await session.client.get('/v1/catalog'));
  const body = { base_revision: revision, reason: why };
  const answer = await session.client.post(`${path}/override-confirmation`, body);
  session.print(answer, () => `Confirmed.\n${consentText(pageOf(session), readAs(consentShape, answer))}`);
  return exitCodes.done;
}

function consentText(page: Page, { customer, in_force: rules, override }: Consent): string {
  const changed = override ? exceptionText(override) : '';
  if (rules.length === 0) return `${customer.name} approves none of our access.\n${changed}`;
  const rows = rules.map(({ classification, within, emergency }) => [
    classification,
    within,
    emergency === 'refuse' ? 'not without it' : 'at once, and told',
  ]);
  return `${customer.name} approves our access.\n${table(page, ['DATA', 'WITHIN', 'IN AN EMERGENCY'], rows)}${changed}`;
}

function exceptionText({
  rules,
  reason,
  until,
  made_by: author,
  confirmed_at: at,
}: NonNullable<Consent['override']>): string {
  const says = rules.map(
    ({ classifications, within }) => `${classifications.join(' and ')} within ${within}`,
  );
  const by = author ? `, asked for by ${nameOf(author)}` : '';
  const begin = at ? 'Changed' : 'To be changed, once a second person confirms it,';
  return `${begin} until ${until}${by}: ${reason}\nIt says: ${says.join('; ') || 'none of it needs approval'}.\n`;
}
