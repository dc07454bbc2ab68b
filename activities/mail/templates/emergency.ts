import type { NoticeItem } from '../../../db/queries/notice.ts';
import type { Letter } from '../letter.ts';
import { tenureLine } from '../line.ts';
import { asName, asTime, asWords } from '../plain.ts';
import type { AccessWords } from './access.ts';

/**
 * To a customer's administrators, and to the vendor's security: somebody reaches the customer's data in an emergency, in which
 * nobody could be asked first. Always sent.
 */
export function emergencyAccess(words: AccessWords, { isLonger }: { isLonger: boolean }): Letter {
  const { about, isCustomers, publicUrl, vendor } = words;
  const [item] = about.items;
  if (!item) throw new TypeError('A message about nothing.');
  const who = asName(item.person ?? 'Somebody');
  const whose = isCustomers ? 'your data' : `${asName(item.organization ?? 'the customer')}’s data`;
  const until = asTime(item.grant?.until ?? about.now);
  const headline = isLonger
    ? `Emergency: ${who} at ${vendor} keeps reaching ${whose}`
    : `Emergency: ${who} at ${vendor} reaches ${whose}`;
  return {
    subject: `${headline}, until ${until}`,
    headline,
    paragraphs: ['It is for whoever is on call, for a short while, and is always reported to you.'],
    rows: [rowOf(item, about.now, until)],
    action: {
      label: isCustomers ? 'See it, and end it if you wish' : 'See it',
      url: `${publicUrl}${isCustomers ? '/admin/access' : '/requests'}/${item.reference ?? ''}`,
    },
    after: ['The link opens a page. Opening it ends nothing.'],
    footer: [
      isCustomers
        ? `Sent by Tenure at ${vendor}, because you administer ${asName(item.organization ?? '')}.`
        : `Sent by Tenure at ${vendor}, because you are of its security.`,
      'It is about security, and always sent.',
    ],
  };
}

function rowOf(item: NoticeItem, now: string, until: string) {
  const { grant, justification, ticket, reference } = item;
  const whose = item.customer === null ? '' : `, ${asName(item.customer)}`;
  return {
    title: `${reference ?? ''}, ${asName(item.entitlement ?? 'access')} on ${asName(item.resource ?? 'a resource')}${whose}`,
    line: grant && tenureLine({ from: grant.from, until: grant.dueAt, now, isOver: grant.endedAt !== null }),
    lines: [
      ...(grant ? [`Began ${asTime(grant.from)}`] : []),
      grant?.endedAt ? `Ended ${asTime(grant.endedAt)}` : `Ends ${until} at the latest`,
      `Why: ${asWords(justification ?? '')}`,
      ticket === null ? 'No ticket' : `Ticket: ${asName(ticket)}`,
    ],
  };
}
