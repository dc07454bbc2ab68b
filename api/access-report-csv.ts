import type { AccessReport } from './operations/report-access.ts';
import type { Outside } from './outside.ts';

type Report = Outside<AccessReport>;
type Item = Report['items'][number];

/** The report's columns, flat: a person by e-mail and name, a thing by its key. */
const columns: Record<string, (item: Item) => string | null> = {
  grant_id: (item) => item.grant_id,
  request_id: (item) => item.request_id,
  reference: (item) => item.reference,
  person: (item) => item.person.email ?? item.person.id,
  person_name: (item) => item.person.name,
  resource: (item) => item.resource.key,
  entitlement: (item) => item.entitlement.key,
  justification: (item) => item.justification,
  ticket: (item) => item.ticket,
  asked_at: (item) => item.asked_at,
  from: (item) => item.from,
  until: (item) => item.until,
  ended_at: (item) => item.ended_at,
  ended_by: (item) => item.ended_by,
  approved_by: (item) => item.approved_by.map(approvalText).join('; '),
  policy_version: (item) => item.policy_version,
  reported: (item) => String(item.reported),
  origin: (item) => item.origin,
  process_id: (item) => item.process_id,
  because: (item) => item.because?.join(' > ') ?? null,
  renewals: (item) => item.renewals.map(renewalText).join('; '),
  ended_by_person: (item) => item.ended_by_person?.email ?? item.ended_by_person?.id ?? null,
  end_reason: (item) => item.end_reason,
};

/** The report as RFC 4180 text, a header line first. */
export function accessReportCsv(report: Report): string {
  const lines = [
    Object.keys(columns),
    ...report.items.map((item) => Object.values(columns).map((read) => read(item))),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/**
 * One cell. What a spreadsheet would run as a formula gets an apostrophe before it, which spreadsheets take for "this is
 * text": people choose justifications and comments, and others open the report.
 */
export function csvCell(value: string | null): string {
  if (value === null) return '';
  const inert = /^[\s]*[=+\-@]|^[\t\r]/.test(value) ? `'${value}` : value;
  return `"${inert.replaceAll('"', '""')}"`;
}

function renewalText({ until, cause, reviewer, reason, at }: Item['renewals'][number]): string {
  const who = reviewer ? ` by ${reviewer.name ?? reviewer.id} <${reviewer.email ?? ''}>` : '';
  return `until ${until} (${cause}${who}) ${at}${reason ? `: ${reason}` : ''}`;
}

function approvalText(approval: Item['approved_by'][number]): string {
  const { person, organization, stage, decided_at: decidedAt, comment } = approval;
  const who = `${person.name ?? person.id} <${person.email ?? ''}>`;
  return `${who} (${organization.name ?? organization.id}, ${stage}) ${decidedAt}${comment ? `: ${comment}` : ''}`;
}
