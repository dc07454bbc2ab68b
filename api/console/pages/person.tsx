import type { Child, FC } from 'hono/jsx';
import type { AuditStory } from '../../operations/list-audit-events.ts';
import type { PersonScene } from '../../operations/read-person-scene.ts';
import type { Outside } from '../../outside.ts';
import { AccessTable, approvalWords, type Held, Way } from '../components/access.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { RecordStory } from '../components/records.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { heldState, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { addressOf, customerPage, personPage } from '../links.ts';
import { nameOf, thingWords } from '../request-words.ts';
import { accessTexts } from '../texts/access.ts';
import { peopleTexts as texts } from '../texts/people.ts';
import { useWhen } from '../when.ts';
import { periodWords, spanWords } from '../words.ts';
import { RequestState } from './home.tsx';
import { Standing } from './people.tsx';
import { OpenSignals } from './signals.tsx';

type PersonProps = {
  frame: Frame;
  scene: Outside<PersonScene>;
  /** Null for whoever does not read records. */
  records: AuditStory | null;
  rights: {
    isMe: boolean;
    mayEnd: boolean;
    findsPeople: boolean;
    seesAll: boolean;
    /** To send a link to who has no way to sign in. */
    mayInvite: boolean;
    /** To close by hand what sources say about them. */
    mayClose: boolean;
  };
  /** What was typed to invite them, and why it was not done. */
  inviting: Said;
};

interface Said {
  reason: string;
  faults: Faults;
  refusal: string | null;
}

/** What somebody holds, until when, and where it comes from. */
export const PersonPage: FC<PersonProps> = ({ frame, scene, records, rights, inviting }) => {
  const { profile, elevated, standing, requests, processes, signals } = scene;
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
          <ElevatedAccess elevated={elevated} rights={rights} />
          <StandingAccess standing={standing} mayEnd={rights.mayEnd} />
          <Requests requests={requests} personId={profile.id} />
          {records && <Records records={records} personId={profile.id} />}
        </div>
        <div>
          {rights.mayInvite && <Invitation csrf={frame.csrf} person={profile} {...inviting} />}
          {signals && signals.length > 0 && <OpenSignals signals={signals} mayClose={rights.mayClose} />}
          <ProfilePanel profile={profile} findsPeople={rights.findsPeople} />
          {processes.length > 0 && <Processes processes={processes} />}
        </div>
      </div>
    </ConsolePage>
  );
};

const ElevatedAccess: FC<Pick<PersonProps, 'rights'> & Pick<Scene, 'elevated'>> = ({
  elevated: { items, more },
  rights,
}) => (
  <Section id="held" title={texts.person.held}>
    {items.length === 0 ? (
      <Empty fact={texts.person.nothingHeld}>
        {rights.seesAll || rights.isMe ? texts.person.nothingHeldMore : texts.person.unseen}
      </Empty>
    ) : (
      <Timetable>
        {items.map((access) => (
          <ElevatedRow access={access} mayEnd={rights.mayEnd} />
        ))}
      </Timetable>
    )}
    {more > 0 && <p class="more meta">{texts.person.heldMore(more)}</p>}
  </Section>
);

type Scene = Outside<PersonScene>;

const Requests: FC<Pick<Scene, 'requests'> & { personId: string }> = ({ requests, personId }) => (
  <Section
    id="requests"
    title={texts.person.requests}
    aside={<a href={addressOf('/requests', { person: personId })}>{texts.person.allRequests}</a>}
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
);

const Records: FC<{ records: AuditStory; personId: string }> = ({ records, personId }) => (
  <Section
    id="records"
    title={texts.person.records}
    aside={<a href={addressOf('/audit', { person: personId })}>{texts.person.allRecords}</a>}
  >
    {records.events.items.length === 0 ? (
      <Empty fact={texts.person.noRecords}>{texts.person.noRecordsMore}</Empty>
    ) : (
      <RecordStory story={records} />
    )}
  </Section>
);

const Processes: FC<Pick<Scene, 'processes'>> = ({ processes }) => (
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
);

function personTitle({ profile, elevated }: Outside<PersonScene>, isMe: boolean, now: string): string {
  const { name, state } = profile;
  const { items, more, late } = elevated;
  const next = items.find(({ due_at: due }) => due > now);
  if (late > 0) return texts.person.titleLate(name, isMe, late);
  if (!next) return state === 'left' ? texts.person.titleLeft(name) : texts.person.titleNone(name, isMe);
  return texts.person.title(
    name,
    isMe,
    items.length + more,
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

const Invitation: FC<Said & { csrf: string; person: Scene['profile'] }> = ({
  csrf,
  person,
  reason,
  faults,
  refusal,
}) => {
  const { invite } = texts;
  return (
    <section class="panel stack">
      <h2>{invite.title(person.name)}</h2>
      <Refused fact={invite.refused} refusal={refusal} />
      <p class="meta">{invite.more}</p>
      <Form action={`${personPage(person.id)}/invitation`} csrf={csrf} class="stack">
        <TextArea
          name="reason"
          label={invite.why}
          hint={invite.hint}
          value={reason}
          isRequired
          maxLength={2_000}
          fault={faults['reason']}
        />
        <button type="submit" class="main-action tall">
          {invite.act}
        </button>
      </Form>
    </section>
  );
};

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
