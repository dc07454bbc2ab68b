import type { FC } from 'hono/jsx';
import { assertNever } from '../../../domain/errors.ts';
import type { Home } from '../../operations/read-home.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton } from '../components/form.tsx';
import { State } from '../components/note.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { heldState, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import {
  type AccessRequest,
  approvedBy,
  type Grant,
  nameOf,
  thingWords,
  waitedFor,
} from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { longDayOf, useWhen } from '../when.ts';
import { counted, oneOf, periodWords, spanWords } from '../words.ts';

type HomeView = Outside<Home>;

/** What I hold and until when, what waits for me, what I asked for. */
export const HomePage: FC<{ frame: Frame; home: HomeView }> = ({ frame, home }) => {
  const { held, by_role, waiting, asked } = home;
  const toOpen = held.filter((grant) => grant.state === 'held' && grant.credential_shown_at === null);
  const pending = asked.filter(({ state }) => state !== 'granted');
  return (
    <ConsolePage
      frame={frame}
      title={headline(held, frame.when.now)}
      lead={longDayOf(frame.when.now, frame.when.zone)}
      current="/"
    >
      <Section id="held" title={texts.home.held} aside={by_role > 0 && `${by_role} more by your role`}>
        {held.length === 0 ? (
          <Empty
            fact={texts.home.nothingHeld}
            action={
              <a class="button main-action" href="/requests/new">
                {texts.act.ask}
              </a>
            }
          >
            {texts.home.nothingHeldMore}
          </Empty>
        ) : (
          <Timetable>
            {held.map((grant) => (
              <HeldRow grant={grant} csrf={frame.csrf} />
            ))}
          </Timetable>
        )}
      </Section>
      <Section id="waits" title={texts.home.waits}>
        {waiting.length + toOpen.length === 0 ? (
          <Empty fact={texts.home.nobodyWaits}>{texts.home.nobodyWaitsMore}</Empty>
        ) : (
          <Timetable>
            {toOpen.map((grant) => (
              <CredentialRow grant={grant} />
            ))}
            {waiting.map((request) => (
              <DecisionRow request={request} />
            ))}
          </Timetable>
        )}
      </Section>
      <Section id="asked" title={texts.home.requests}>
        {pending.length === 0 ? (
          <Empty fact={texts.home.noRequests}>{texts.home.noRequestsMore}</Empty>
        ) : (
          <Timetable>
            {pending.map((request) => (
              <AskedRow request={request} csrf={frame.csrf} />
            ))}
          </Timetable>
        )}
      </Section>
    </ConsolePage>
  );
};

function headline(held: readonly Grant[], now: string): string {
  const open = held.filter(({ state }) => state !== 'overdue');
  const late = held.length - open.length;
  const past = late > 0 ? ` ${late === 1 ? 'One is' : `${late} are`} past its end.` : '';
  const next = open[0];
  if (!next)
    return late > 0 ? past.trim().replace('is past', 'access is past') : `${texts.home.nothingHeld}.`;
  const left = spanWords(Date.parse(next.due_at) - Date.parse(now));
  return `You have access to ${counted(open.length, 'system', 'systems')}. ${open.length === 1 ? 'It' : 'The next'} ends in ${left}.${past}`;
}

const HeldRow: FC<{ grant: Grant; csrf: string }> = ({ grant, csrf }) => {
  const { now } = useWhen();
  const state =
    grant.state === 'overdue' ? 'late' : heldState({ from: grant.from, until: grant.due_at }, now);
  const tone = ({ held: 'live', soon: 'soon', late: 'late' } as const)[state];
  const span = spanWords(Date.parse(grant.due_at) - Date.parse(now));
  const address = `/requests/${grant.request_id}`;
  const thing = thingWords(grant);
  return (
    <Row
      tone={tone}
      at={<Time at={grant.due_at} as="time" />}
      caption={<span data-left={grant.due_at}>{`${span} ${state === 'late' ? 'late' : 'left'}`}</span>}
      title={<a href={address}>{thing}</a>}
      actions={
        state === 'late' ? (
          <a class="button" href={address}>
            {texts.act.open}
          </a>
        ) : (
          <>
            <ActionButton action={`${address}/return`} csrf={csrf} label={texts.act.return} about={thing} />
            <a class="button" href={`${address}/extension`}>
              {texts.act.extend}
              <span class="unseen"> {thing}</span>
            </a>
          </>
        )
      }
    >
      {state === 'late' && <p class="meta">{texts.home.pastItsEnd}</p>}
      {grant.state === 'provisioning' && <p class="meta">{texts.home.setUp}</p>}
      <TenureLine
        span={{
          state,
          from: grant.from,
          until: grant.due_at,
          former: grant.extensions.map((one) => one.former_until),
        }}
        begin={
          <>
            began <Time at={grant.from} />
          </>
        }
        end={`${spanWords(Date.parse(grant.until) - Date.parse(grant.from))} granted`}
      />
    </Row>
  );
};

const CredentialRow: FC<{ grant: Grant }> = ({ grant }) => {
  const { now } = useWhen();
  return (
    <Row
      tone="live"
      at={<Time at={grant.due_at} as="time" />}
      caption={
        <span
          data-left={grant.due_at}
        >{`${spanWords(Date.parse(grant.due_at) - Date.parse(now))} left`}</span>
      }
      title={`Get your credential for ${nameOf(grant.resource)}`}
      actions={
        <a class="button main-action" href={`/requests/${grant.request_id}#credential`}>
          Open credential
        </a>
      }
    >
      <p class="meta">
        Your time runs since <Time at={grant.from} />. {texts.home.shownOnce}
      </p>
    </Row>
  );
};

const DecisionRow: FC<{ request: AccessRequest }> = ({ request }) => {
  const { now } = useWhen();
  return (
    <Row
      tone="wait"
      at={<Time at={request.lapses_at} as="time" />}
      caption={`lapses in ${spanWords(Date.parse(request.lapses_at) - Date.parse(now))}`}
      title={`${nameOf(request.person)} asks: ${thingWords(request)}, for ${periodWords(request.period)}`}
      actions={
        <a class="button main-action" href={`/approvals/${request.reference}`}>
          {texts.act.decide}
        </a>
      }
    >
      <p class="meta">“{request.justification}”</p>
      <TenureLine span={{ state: 'waiting', from: request.asked_at, until: request.lapses_at }} />
    </Row>
  );
};

const AskedRow: FC<{ request: AccessRequest; csrf: string }> = ({ request, csrf }) => {
  const address = `/requests/${request.reference}`;
  const isWaiting = request.state === 'waiting';
  const thing = `${thingWords(request)}, for ${periodWords(request.period)}`;
  return (
    <Row
      tone={isWaiting ? 'wait' : undefined}
      at={<Time at={request.asked_at} as="time" />}
      caption="asked"
      title={<a href={address}>{thing}</a>}
      actions={
        isWaiting ? (
          <ActionButton
            action={`${address}/cancellation`}
            csrf={csrf}
            label={texts.act.withdraw}
            about={thing}
          />
        ) : (
          <a class="button" href={address}>
            {texts.act.open}
          </a>
        )
      }
    >
      <RequestState request={request} />
      {isWaiting && (
        <TenureLine
          span={{ state: 'waiting', from: request.asked_at, until: request.lapses_at }}
          begin={
            <>
              asked <Time at={request.asked_at} />
            </>
          }
          end={
            <>
              lapses <Time at={request.lapses_at} />
            </>
          }
        />
      )}
    </Row>
  );
};

/** How a request stands, in words and with its sign. */
export const RequestState: FC<{ request: AccessRequest }> = ({ request }) => {
  const approved = approvedBy(request);
  const denial = request.stages
    .flatMap(({ decisions }) => decisions)
    .find(({ decision }) => decision === 'deny');
  switch (request.state) {
    case 'waiting':
      return (
        <>
          <State glyph="waiting" tone="wait">
            Waits for {oneOf(waitedFor(request), 'and')}
          </State>
          {approved.length > 0 && <p class="meta">{oneOf(approved, 'and')} approved.</p>}
        </>
      );
    case 'approved':
      return <State glyph="held">Approved; {request.grant ? 'being set up' : 'begins soon'}</State>;
    case 'granted':
      return <State glyph={request.grant?.ended_at ? 'ended' : 'held'}>Granted</State>;
    case 'denied':
      return (
        <>
          <State glyph="denied">Denied by {denial ? nameOf(denial.person) : texts.somebody}</State>
          {denial?.comment && <p class="meta">“{denial.comment}”</p>}
        </>
      );
    case 'lapsed':
      return <State glyph="denied">Lapsed: nobody answered in time</State>;
    case 'cancelled':
      return <State glyph="ended">Withdrawn</State>;
    case 'refused':
      return <State glyph="denied">Refused by policy when it should begin</State>;
    case 'failed':
      return <State glyph="denied">It couldn’t be set up, and everything was undone</State>;
    default:
      return assertNever(request.state);
  }
};
