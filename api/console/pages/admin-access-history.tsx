import type { FC } from 'hono/jsx';
import type { VendorAccess } from '../../operations/read-vendor-access.ts';
import type { Held } from '../components/access.tsx';
import { TextField } from '../components/form.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { addressOf } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { vendorAccessTexts as texts } from '../texts/admin-access.ts';
import { dayOf, useWhen } from '../when.ts';
import { asBeginning, oneOf } from '../words.ts';
import type { Period } from './customer.tsx';

const path = '/admin/access';

/** Who had access in a period, page by page. */
export const History: FC<{
  during: VendorAccess['during'];
  period: Period;
  isLater: boolean;
}> = ({ during, period, isLater }) => {
  const when = useWhen();
  const last = new Date(Date.parse(period.stretch.to) - 1).toISOString();
  const { columns } = texts;
  const query = { from: period.from, to: period.to };
  return (
    <Section
      id="history"
      title={texts.history(dayOf(period.stretch.from, when), dayOf(last, when))}
      aside={texts.count(during.items.length, during.next !== null)}
    >
      {during.items.length === 0 ? (
        <Empty fact={texts.nothing}>{texts.nothingMore}</Empty>
      ) : (
        <table class="stacks" aria-label={texts.historyLabel}>
          <thead>
            <tr>
              <th>{columns.when}</th>
              <th>{columns.what}</th>
              <th>{columns.why}</th>
              <th>{columns.by}</th>
              <th>{columns.end}</th>
            </tr>
          </thead>
          <tbody>
            {during.items.map((access) => (
              <HistoryRow access={access} />
            ))}
          </tbody>
        </table>
      )}
      <p class="more meta">
        {during.next && (
          <a href={`${addressOf(path, { ...query, after: during.next })}#history`}>{texts.more}</a>
        )}{' '}
        {isLater && <a href={`${addressOf(path, query)}#history`}>{texts.newest}</a>}
      </p>
    </Section>
  );
};

const HistoryRow: FC<{ access: Held }> = ({ access }) => {
  const { columns } = texts;
  const { reference, ended_at: endedAt } = access;
  const name = nameOf(access.person);
  return (
    <tr>
      <td data-label={columns.when}>
        <div>
          <b>
            <Time at={access.from} />
          </b>
          <small>
            {texts.until} <Time at={endedAt ?? access.due_at} />
          </small>
        </div>
      </td>
      <td data-label={columns.what}>
        <div>
          {reference ? (
            <a href={`${path}/${reference}`}>
              <b>{name}</b>
              <span class="unseen"> {reference}</span>
            </a>
          ) : (
            <b>{name}</b>
          )}
          <small>
            {nameOf(access.resource)}, {nameOf(access.entitlement).toLowerCase()}
          </small>
        </div>
      </td>
      <td data-label={columns.why}>
        <div>
          {access.ticket ? <span class="keep">{access.ticket}</span> : texts.noTicket}
          {access.justification && <small>{access.justification}</small>}
          {access.reported && <small class="strong">{texts.emergency}</small>}
        </div>
      </td>
      <td data-label={columns.by}>
        <div>{approvalNames(access)}</div>
      </td>
      <td data-label={columns.end}>
        <div>
          {access.state === 'overdue'
            ? asBeginning(texts.late)
            : asBeginning(
                texts.ended(access.ended_by, access.ended_by_person ? nameOf(access.ended_by_person) : null),
              )}
          {access.end_reason && <small>{texts.quote(access.end_reason)}</small>}
        </div>
      </td>
    </tr>
  );
};

function approvalNames(access: Held): string {
  const names = access.approved_by.map(({ person }) => nameOf(person));
  return names.length > 0 ? oneOf(names, 'and') : asBeginning(approvalWords(access));
}

/** The period, and what was in it as a file. */
export const Evidence: FC<{ vendor: string; period: Period; isMain: boolean }> = ({
  vendor,
  period,
  isMain,
}) => (
  <section class="panel">
    <h2>{texts.evidence}</h2>
    <form method="get" action={path} class="stack">
      <TextField name="from" label={texts.from} type="date" value={period.from} fault={period.faults.from} />
      <TextField name="to" label={texts.to} type="date" value={period.to} fault={period.faults.to} />
      <div class="acts">
        <button type="submit">{texts.show}</button>
        <a
          class={isMain ? 'button main-action' : 'button'}
          href={addressOf(`${path}.csv`, { ...period.stretch })}
          download
        >
          {texts.export}
        </a>
      </div>
    </form>
    <p class="meta more">{texts.exportMore(vendor)}</p>
  </section>
);

/** Who said yes, on both sides; and where nobody had to, why. */
export function approvalWords(access: Held): string {
  const names = access.approved_by.map(({ person, organization }) =>
    organization.id === access.organization.id
      ? nameOf(person)
      : texts.at(nameOf(person), nameOf(organization)),
  );
  if (names.length > 0) return oneOf(names, 'and');
  if (access.reported) return texts.byNobody;
  return access.request_id === null ? texts.byRole : texts.byPolicy;
}
