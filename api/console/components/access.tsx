import type { Child, FC } from 'hono/jsx';
import type { HeldAccess } from '../../../db/queries/held-access.ts';
import type { Outside } from '../../outside.ts';
import { personPage, resourcePage } from '../links.ts';
import { endingSentence, nameOf, thingWords } from '../request-words.ts';
import { accessTexts as texts, keyWords } from '../texts/access.ts';
import { useWhen } from '../when.ts';
import { oneOf } from '../words.ts';
import type { Lane } from './axis.tsx';
import { State } from './note.tsx';
import { heldState } from './tenure-line.tsx';
import { Time } from './time.tsx';

export type Held = Outside<HeldAccess>;

/** What a table of accesses shows beside their ends. */
export interface AccessColumns {
  /** The holder, with their organization or with what they hold under the name. */
  who?: 'organization' | 'what';
  /** Whether the holder's name leads to their page: it does for who may read it. */
  findsPeople?: boolean;
  what?: boolean;
  approved?: boolean;
  /** What may be done with one. */
  act?: (access: Held) => Child;
}

/** Accesses with their ends, the way they came and who approved them; on a phone stacked. */
export const AccessTable: FC<{ items: readonly Held[]; shows: AccessColumns; label: string }> = ({
  items,
  shows,
  label,
}) => {
  const { columns } = texts;
  const whoLabel = shows.who === 'what' ? columns.whoAndWhat : columns.who;
  return (
    <table class="stacks" aria-label={label}>
      <thead>
        <tr>
          <th>{columns.when}</th>
          {shows.who && <th>{whoLabel}</th>}
          {shows.what && <th>{columns.what}</th>}
          <th>{columns.way}</th>
          {shows.approved && <th>{columns.approved}</th>}
        </tr>
      </thead>
      <tbody>
        {items.map((access) => (
          <tr>
            <td data-label={columns.when}>
              <div>
                <AccessTime access={access} />
              </div>
            </td>
            {shows.who && (
              <td data-label={whoLabel}>
                <div>
                  <Holder access={access} shows={shows} />
                </div>
              </td>
            )}
            {shows.what && (
              <td data-label={columns.what}>
                <div>
                  <Thing access={access} />
                </div>
              </td>
            )}
            <td data-label={columns.way}>
              <div>
                <Way access={access} />
                {shows.act?.(access)}
              </div>
            </td>
            {shows.approved && (
              <td data-label={columns.approved}>
                <div>{approvalWords(access)}</div>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

/** Until when it is held, or when it was. */
export const AccessTime: FC<{ access: Held }> = ({ access }) => {
  const { now } = useWhen();
  if (access.ended_at !== null)
    return (
      <>
        <b>
          <Time at={access.ended_at} />
        </b>
        <small>
          {texts.since} <Time at={access.from} />. {endingSentence(access)}
        </small>
      </>
    );
  const state =
    access.state === 'overdue' ? 'late' : heldState({ from: access.from, until: access.due_at }, now);
  const tone = ({ held: 'live', soon: 'soon', late: 'late' } as const)[state];
  // Of an end that is days away the day is enough; the minute is there for whoever points at it.
  const isNear = Date.parse(access.due_at) - Date.parse(now) < 2 * 86_400_000;
  return (
    <>
      <State glyph={state === 'late' ? 'late' : 'held'} tone={tone}>
        {state === 'late' ? texts.late : texts.until}{' '}
        <Time at={access.due_at} as={isNear ? 'moment' : 'day'} />
      </State>
      <small>
        {texts.since} <Time at={access.from} />
      </small>
    </>
  );
};

const Holder: FC<{ access: Held; shows: AccessColumns }> = ({ access, shows }) => {
  const name = <b>{nameOf(access.person)}</b>;
  return (
    <>
      {shows.findsPeople ? <a href={personPage(access.person.id)}>{name}</a> : name}
      <small>{shows.who === 'what' ? thingWords(access) : nameOf(access.holder_organization)}</small>
    </>
  );
};

const Thing: FC<{ access: Held }> = ({ access: { resource, entitlement, organization } }) => (
  <>
    <a href={resourcePage(resource.key ?? resource.id)}>
      <b>{nameOf(resource)}</b>
    </a>
    <small>
      {nameOf(entitlement)}
      {!nameOf(resource).includes(nameOf(organization)) && `, ${texts.whose(nameOf(organization))}`}
    </small>
  </>
);

/** Where an access comes from: the request that asked for it, or the roles that it came by. */
export const Way: FC<{ access: Held }> = ({
  access: { reference, request_id: id, because, ticket, reported },
}) => {
  if (id === null) return <>{texts.role((because ?? []).map(keyWords))}</>;
  return (
    <>
      <a href={`/requests/${reference ?? id}`} class="keep">
        {reference ?? texts.asked}
      </a>
      {ticket && (
        <>
          , <span class="keep">{ticket}</span>
        </>
      )}
      {reported && <small class="soon">{texts.emergency}</small>}
    </>
  );
};

/** Who said yes, on both sides; and where nobody had to, why. */
export function approvalWords({
  approved_by: approvals,
  request_id: id,
  origin,
  holder_organization: own,
}: Held): string {
  if (approvals.length > 0)
    return oneOf(
      approvals.map(({ person, organization }) =>
        organization.id === own.id ? nameOf(person) : texts.at(nameOf(person), nameOf(organization)),
      ),
      'and',
    );
  if (id !== null) return texts.byNobody;
  if (origin === 'import') return texts.imported;
  return origin === 'contract' ? texts.byContract : texts.byRole;
}

/** An access on the shared axis. It leads to its request; one without leads to its holder, for who may read people. */
export function laneOf(access: Held, { findsPeople }: { findsPeople: boolean }): Lane {
  const holder = findsPeople ? personPage(access.person.id) : undefined;
  return {
    who: nameOf(access.person),
    what: `${nameOf(access.resource)}, ${nameOf(access.entitlement).toLowerCase()}`,
    href: access.request_id === null ? holder : `/requests/${access.reference ?? access.request_id}`,
    from: access.from,
    until: access.due_at,
    endedAt: access.ended_at,
  };
}
