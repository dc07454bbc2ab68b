import type { Child, FC } from 'hono/jsx';
import { employments, type PersonEntry } from '../../../db/queries/people.ts';
import type { AuditStory } from '../../operations/list-audit-events.ts';
import type { PersonScene } from '../../operations/read-person-scene.ts';
import type { Outside } from '../../outside.ts';
import { AccessTable, approvalWords, type Held, Way } from '../components/access.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, Select, TextArea, TextField } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { RecordStory } from '../components/records.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { heldState, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { addressOf, customerPage, personPage } from '../links.ts';
import { nameOf, thingWords } from '../request-words.ts';
import { accessTexts, keyWords } from '../texts/access.ts';
import { peopleTexts as texts } from '../texts/people.ts';
import { useWhen } from '../when.ts';
import { asBeginning, periodWords, spanWords } from '../words.ts';
import { RequestState } from './home.tsx';

type Entry = Outside<PersonEntry>;

/** What the list is narrowed to, as it was typed. */
export interface PeopleQuery {
  find: string;
  kind: string;
  organization: string;
  role: string;
}

/** Everybody whom Tenure knows, found by name. */
export const PeoplePage: FC<{
  frame: Frame;
  people: readonly Entry[];
  next: string | null;
  query: PeopleQuery;
  faults: Faults;
}> = ({ frame, people, next, query, faults }) => {
  const isNarrowed = Object.values(query).some((one) => one !== '');
  const by = query.role ? texts.by.role(keyWords(query.role)) : texts.by.filter;
  return (
    <ConsolePage
      frame={frame}
      title={isNarrowed ? texts.found(people.length, next !== null, by) : texts.title}
      lead={isNarrowed ? <a href="/people">{texts.everybody}</a> : texts.lead}
      current="/people"
    >
      <PeopleFilter query={query} faults={faults} />
      <Section id="people" title={texts.list}>
        {people.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <ul class="people even">
            {people.map((person) => (
              <PersonRow person={person} />
            ))}
          </ul>
        )}
        <Onward count={people.length} path="/people" query={{ ...query }} next={next} />
      </Section>
    </ConsolePage>
  );
};

const PeopleFilter: FC<{ query: PeopleQuery; faults: Faults }> = ({ query, faults }) => (
  <form method="get" action="/people" role="search" class="filters">
    <TextField name="find" label={texts.find.label} type="search" value={query.find} fault={faults.find} />
    <Select
      name="kind"
      label={texts.find.kind}
      value={query.kind}
      options={[
        { value: '', label: texts.find.anyKind },
        ...employments.map((kind) => ({ value: kind, label: texts.kinds[kind] })),
      ]}
    />
    <TextField
      name="organization"
      label={texts.find.organization}
      value={query.organization}
      fault={faults.organization}
    />
    {query.role && <input type="hidden" name="role" value={query.role} />}
    <button type="submit">{texts.find.act}</button>
  </form>
);

const PersonRow: FC<{ person: Entry }> = ({ person }) => (
  <li>
    <div>
      <h3>
        <a href={personPage(person.id)}>{person.name}</a>
      </h3>
      <p class="meta">{person.email}</p>
    </div>
    <div>
      <p>{person.title ?? asBeginning(person.roles.map(({ name }) => name).join(', ') || texts.noRole)}</p>
      <p class="meta">{person.organization.name}</p>
    </div>
    <div>
      <Standing person={person} />
      {person.next_end !== null && (
        <p class="meta">
          {texts.held(person.held)} <Time at={person.next_end} />
        </p>
      )}
    </div>
  </li>
);

/** Normal is quiet: who is active has no sign. */
const Standing: FC<{ person: Pick<Entry, 'state'> }> = ({ person: { state } }) => {
  if (state === 'active') return <></>;
  const signs = {
    coming: { glyph: 'waiting', tone: 'wait' },
    suspended: { glyph: 'late', tone: 'late' },
    left: { glyph: 'ended' },
  } as const;
  return <State {...signs[state]}>{texts.states[state]}</State>;
};

type PersonProps = {
  frame: Frame;
  scene: Outside<PersonScene>;
  /** Null for whoever does not read records. */
  records: AuditStory | null;
  rights: { isMe: boolean; mayEnd: boolean; findsPeople: boolean; seesAll: boolean };
};

/** What somebody holds, until when, and where it comes from. */
export const PersonPage: FC<PersonProps> = ({ frame, scene, records, rights }) => {
  const { profile, elevated, standing, requests, processes } = scene;
  return (
    <ConsolePage
      frame={frame}
      title={personTitle(scene, rights.isMe, frame.when.now)}
      lead={profile.title ? `${profile.title}, ${profile.organization.name}` : profile.organization.name}
      crumb={rights.findsPeople && <a href="/people">{texts.list}</a>}
      current="/people"
    >
      <div class="beside">
        <div>
          <Section id="held" title={texts.person.held}>
            {elevated.length === 0 ? (
              <Empty fact={texts.person.nothingHeld}>
                {rights.seesAll || rights.isMe ? texts.person.nothingHeldMore : texts.person.unseen}
              </Empty>
            ) : (
              <Timetable>
                {elevated.map((access) => (
                  <ElevatedRow access={access} mayEnd={rights.mayEnd} />
                ))}
              </Timetable>
            )}
          </Section>
          <StandingAccess standing={standing} mayEnd={rights.mayEnd} />
          <Section
            id="requests"
            title={texts.person.requests}
            aside={<a href={addressOf('/requests', { person: profile.id })}>{texts.person.allRequests}</a>}
          >
            {requests.length === 0 ? (
              <Empty fact={texts.person.noRequests}>{texts.person.noRequestsMore}</Empty>
            ) : (
              <Timetable>
                {requests.map((request) => (
                  <Row
                    at={<Time at={request.asked_at} as="time" />}
                    caption={<Time at={request.asked_at} as="day" />}
                    title={
                      <a href={`/requests/${request.reference}`}>
                        {texts.person.asks(thingWords(request), periodWords(request.period))}
                      </a>
                    }
                  >
                    <RequestState request={request} />
                  </Row>
                ))}
              </Timetable>
            )}
          </Section>
          {records && (
            <Section
              id="records"
              title={texts.person.records}
              aside={<a href={addressOf('/audit', { person: profile.id })}>{texts.person.allRecords}</a>}
            >
              {records.events.items.length === 0 ? (
                <Empty fact={texts.person.noRecords}>{texts.person.noRecordsMore}</Empty>
              ) : (
                <RecordStory story={records} />
              )}
            </Section>
          )}
        </div>
        <div>
          <ProfilePanel profile={profile} findsPeople={rights.findsPeople} />
          {processes.length > 0 && (
            <section class="panel">
              <h2>{texts.person.processes}</h2>
              <ul class="stack">
                {processes.map((process) => (
                  <li>
                    <a href={`/operations/processes/${process.id}`}>
                      <b>{texts.person.process(process.kind)}</b>
                    </a>
                    , {texts.person.processStates[process.state]}
                    <p class="meta">
                      <Time at={process.created_at} />
                    </p>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
    </ConsolePage>
  );
};

function personTitle({ profile, elevated }: Outside<PersonScene>, isMe: boolean, now: string): string {
  const { name, state } = profile;
  const late = elevated.filter(({ due_at: due }) => due <= now);
  const next = elevated.find(({ due_at: due }) => due > now);
  if (late.length > 0) return texts.person.titleLate(name, isMe, late.length);
  if (!next) return state === 'left' ? texts.person.titleLeft(name) : texts.person.titleNone(name, isMe);
  return texts.person.title(
    name,
    isMe,
    elevated.length,
    spanWords(Date.parse(next.due_at) - Date.parse(now)),
  );
}

const ElevatedRow: FC<{ access: Held; mayEnd: boolean }> = ({ access, mayEnd }) => {
  const { now } = useWhen();
  const span = { from: access.from, until: access.due_at };
  const state = access.state === 'overdue' ? 'late' : heldState(span, now);
  const thing = thingWords(access);
  return (
    <Row
      tone={({ held: 'live', soon: 'soon', late: 'late' } as const)[state]}
      at={<Time at={access.due_at} as="time" />}
      caption={
        <span data-left={access.due_at}>
          {texts.person.left(spanWords(Date.parse(access.due_at) - Date.parse(now)), state === 'late')}
        </span>
      }
      title={<a href={`/requests/${access.reference ?? access.request_id ?? ''}`}>{thing}</a>}
      actions={mayEnd && state !== 'late' && <EndLink access={access} about={thing} />}
    >
      {state === 'late' && <p class="meta">{texts.person.pastItsEnd}</p>}
      <p class="meta">
        <Way access={access} />. {texts.person.approvedBy}: {approvalWords(access)}.
      </p>
      {access.justification && <p class="meta">“{access.justification}”</p>}
      <TenureLine
        span={{ state, ...span }}
        begin={
          <>
            {texts.person.began} <Time at={access.from} />
          </>
        }
        end={texts.person.granted(Date.parse(access.until) - Date.parse(access.from))}
      />
    </Row>
  );
};

const EndLink: FC<{ access: Held; about: string }> = ({ access, about }) => (
  <a class="button" href={`/grants/${access.grant_id}/revocation`}>
    {accessTexts.end}
    <span class="unseen"> {about}</span>
  </a>
);

const StandingAccess: FC<{ standing: Outside<PersonScene>['standing']; mayEnd: boolean }> = ({
  standing,
  mayEnd,
}) => (
  <Section
    id="by-role"
    title={texts.person.byRole}
    aside={
      standing.items.length > 0 && texts.person.byRoleCount(standing.items.length, standing.next !== null)
    }
  >
    {standing.items.length === 0 ? (
      <Empty fact={texts.person.nothingByRole}>{texts.person.nothingByRoleMore}</Empty>
    ) : (
      <AccessTable
        items={standing.items}
        label={texts.person.byRole}
        shows={{
          what: true,

          ...(mayEnd
            ? {
                act: (access: Held): Child => (
                  <p>
                    <a href={`/grants/${access.grant_id}/revocation`}>
                      {accessTexts.end}
                      <span class="unseen"> {thingWords(access)}</span>
                    </a>
                  </p>
                ),
              }
            : {}),
        }}
      />
    )}
  </Section>
);

const ProfilePanel: FC<{ profile: Outside<PersonScene>['profile']; findsPeople: boolean }> = ({
  profile,
  findsPeople,
}) => {
  const { facts } = texts.person;
  const { organization } = profile;
  return (
    <section class="panel">
      <h2>{texts.person.about}</h2>
      <Facts
        facts={[
          profile.state === 'active' ? null : [facts.state, <Standing person={profile} />],
          [facts.email, profile.email],
          [
            facts.organization,
            organization.kind === 'customer' ? (
              <a href={customerPage(organization.key)}>{organization.name}</a>
            ) : (
              organization.name
            ),
          ],
          [facts.kind, texts.kinds[profile.employment]],
          profile.title === null ? null : [facts.title, profile.title],
          profile.department === null ? null : [facts.department, profile.department],
          profile.manager && [
            facts.manager,
            findsPeople ? (
              <a href={personPage(profile.manager.id)}>{nameOf(profile.manager)}</a>
            ) : (
              nameOf(profile.manager)
            ),
          ],
          profile.project === null ? null : [facts.project, profile.project],
          profile.region === null ? null : [facts.region, profile.region.toUpperCase()],
          profile.contract_role === null ? null : [facts.contractRole, profile.contract_role],
          [
            facts.roles,
            profile.roles.length === 0 ? (
              texts.noRole
            ) : (
              <ul>
                {profile.roles.map(({ key, name }) => (
                  <li>{findsPeople ? <a href={addressOf('/people', { role: key })}>{name}</a> : name}</li>
                ))}
              </ul>
            ),
          ],
          profile.starts_at === null ? null : [facts.from, <Time at={profile.starts_at} as="day" />],
          [facts.until, profile.ends_at ? <Time at={profile.ends_at} /> : texts.person.noEnd],
        ]}
      />
    </section>
  );
};

/** End an access now, however it came. */
export const GrantEndPage: FC<{
  frame: Frame;
  grant: { id: string; request_id: string | null; person: Held['person'] } & Parameters<typeof thingWords>[0];
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
}> = ({ frame, grant, fields, faults, refusal }) => {
  const { revoke } = texts;
  const name = nameOf(grant.person);
  return (
    <ConsolePage
      frame={frame}
      title={revoke.title(name)}
      lead={revoke.lead(asBeginning(thingWords(grant)))}
      current="/people"
    >
      <div class="stack narrow">
        <Refused fact={revoke.refused} refusal={refusal} />
        {grant.request_id === null && <p>{revoke.byRole}</p>}
        <Form action={`/grants/${grant.id}/revocation`} csrf={frame.csrf} class="stack">
          <TextArea
            name="reason"
            label={revoke.why}
            hint={revoke.hint(name)}
            value={fields.reason}
            isRequired
            maxLength={2_000}
            fault={faults.reason}
          />
          <div class="acts">
            <button type="submit" class="main-action tall">
              {accessTexts.end}
            </button>
            <a class="button tall" href={personPage(grant.person.id)}>
              {revoke.back}
            </a>
          </div>
        </Form>
      </div>
    </ConsolePage>
  );
};
