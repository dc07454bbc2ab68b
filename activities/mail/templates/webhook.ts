import type { NoticeItem } from '../../../db/queries/notice.ts';
import { type DisabledFor, failingDays } from '../../../domain/webhook.ts';
import type { Letter, LetterRow } from '../letter.ts';
import { asName } from '../plain.ts';
import type { AccessWords } from './access.ts';

const why: Record<DisabledFor, string> = {
  gone: 'It answered that it is gone (410).',
  failing: `It took nothing for ${failingDays} days.`,
};

/** To who may mend it: a webhook, or several, are sent nothing any more. */
export function webhookStopped({ vendor, about, isCustomers, publicUrl }: AccessWords): Letter {
  const [first] = about.items;
  const headline =
    first && about.count === 1
      ? `The webhook ${nameOf(first)} has stopped`
      : `${about.count} webhooks have stopped`;
  const more = about.count - about.items.length;
  return {
    subject: headline,
    headline,
    paragraphs: [
      'Its events wait and none is lost. Mend what takes them, then let it go on: it continues where it stopped.',
    ],
    rows: [...about.items.map(rowOf), ...(more > 0 ? [{ title: `And ${more} more`, lines: [] }] : [])],
    action: isCustomers
      ? { label: 'See what happened', url: `${publicUrl}/admin/activity` }
      : { label: 'See the webhooks', url: `${publicUrl}/operations/webhooks` },
    footer: [`Sent by Tenure at ${vendor}, because you may let webhooks go on.`],
  };
}

function rowOf(item: NoticeItem): LetterRow {
  const { webhook, organization } = item;
  const reason = webhook?.disabledFor;
  return {
    title: `${nameOf(item)}, ${asName(organization ?? '')}`,
    lines: [
      ...(webhook ? [`Sends to ${asName(new URL(webhook.url).host)}`] : []),
      ...(reason ? [why[reason]] : []),
      ...(webhook ? [`To let it go on: tenure webhook resume ${webhook.id}`] : []),
    ],
  };
}

function nameOf({ webhook }: NoticeItem): string {
  return asName(webhook?.description || (webhook?.id ?? ''));
}
