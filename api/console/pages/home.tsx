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
import { texts as requestTexts } from '../texts/access-request.ts';
import { texts } from '../texts/common.ts';
import { states, texts as homeTexts } from '../texts/home.ts';
import { longDayOf, useWhen } from '../when.ts';
import { periodWords, spanWords } from '../words.ts';

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
      live={{
        kinds: ['access_request', 'grant'],
        says: homeTexts.says({
          held: held.length,
          waiting: Math.max(frame.waiting, waiting.length),
          asked: pending.length,
        }),
      }}
    >
      <Section
        id="held"
        title={homeTexts.held}
        aside={by_role > 0 && <a href="/people/me">{homeTexts.byRole(by_role)}</a>}
      >
        {held.length === 0 ? (
          <Empty
            fact={homeTexts.nothingHeld}
            action={
              <a class="button main-action" href="/requests/new">
                {texts.act.ask}
              </a>
            }
          >
            {homeTexts.nothingHeldMore}
          </Empty>
        ) : (
          <Timetable>
            {held.map((grant) => (
              <HeldRow grant={grant} csrf={frame.csrf} />
            ))}
          </Timetable>
        )}
      </Section>
      <Section
        id="waits"
        title={homeTexts.waits}
        aside={
          frame.waiting > waiting.length && <a href="/approvals">{homeTexts.allWaiting(frame.waiting)}</a>
        }
      >
        {waiting.length + toOpen.length === 0 ? (
          <Empty fact={homeTexts.nobodyWaits}>{homeTexts.nobodyWaitsMore}</Empty>
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
      <Section id="asked" title={homeTexts.requests}>
        {pending.length === 0 ? (
          <Empty fact={homeTexts.noRequests}>{homeTexts.noRequestsMore}</Empty>
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
  const [next] = open;
  const left = next ? spanWords(Date.parse(next.due_at) - Date.parse(now)) : null;
  return homeTexts.title({ open: open.length, late: held.length - open.length, left });
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
      caption={
        <span data-left={grant.due_at} data-thing={thing}>
          {state === 'late' ? requestTexts.late(span) : requestTexts.left(span)}
        </span>
      }
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
      {state === 'late' && <p class="meta">{requestTexts.pastItsEnd}</p>}
      {grant.state === 'provisioning' && <p class="meta">{requestTexts.settingUp}</p>}
      <TenureLine
        span={{
          state,
          from: grant.from,
          until: grant.due_at,
          former: grant.extensions.map((one) => one.former_until),
        }}
        begin={
          <>
            {homeTexts.began} <Time at={grant.from} />
          </>
        }
        end={homeTexts.granted(spanWords(Date.parse(grant.until) - Date.parse(grant.from)))}
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
        <span data-left={grant.due_at}>
          {requestTexts.left(spanWords(Date.parse(grant.due_at) - Date.parse(now)))}
        </span>
      }
      title={homeTexts.getCredential(nameOf(grant.resource))}
      actions={
        <a class="button main-action" href={`/requests/${grant.request_id}#credential`}>
          {homeTexts.openCredential}
        </a>
      }
    >
      <p class="meta">
        {homeTexts.runsSince} <Time at={grant.from} />. {homeTexts.shownOnce}
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
      caption={homeTexts.lapsesIn(spanWords(Date.parse(request.lapses_at) - Date.parse(now)))}
      title={homeTexts.asks(nameOf(request.person), thingWords(request), periodWords(request.period))}
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
  const thing = homeTexts.wish(thingWords(request), periodWords(request.period));
  return (
    <Row
      tone={isWaiting ? 'wait' : undefined}
      at={<Time at={request.asked_at} as="time" />}
      caption={homeTexts.asked}
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
      {isWaiting && <WaitingLine request={request} />}
    </Row>
  );
};

/** How long a request still waits. */
export const WaitingLine: FC<{ request: AccessRequest; isLarge?: boolean }> = ({
  request,
  isLarge = false,
}) => (
  <TenureLine
    isLarge={isLarge}
    span={{ state: 'waiting', from: request.asked_at, until: request.lapses_at }}
    begin={
      <>
        {requestTexts.asked} <Time at={request.asked_at} />
      </>
    }
    end={
      <>
        {requestTexts.lapses} <Time at={request.lapses_at} />
      </>
    }
  />
);

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
            {states.waits(waitedFor(request))}
          </State>
          {approved.length > 0 && <p class="meta">{states.approvedSoFar(approved)}</p>}
        </>
      );
    case 'approved':
      return <State glyph="held">{request.grant ? states.settingUp : states.beginsSoon}</State>;
    case 'granted':
      return <State glyph={request.grant?.ended_at ? 'ended' : 'held'}>{states.granted}</State>;
    case 'denied':
      return (
        <>
          <State glyph="denied">{states.deniedBy(denial ? nameOf(denial.person) : texts.somebody)}</State>
          {denial?.comment && <p class="meta">“{denial.comment}”</p>}
        </>
      );
    case 'lapsed':
      return <State glyph="denied">{states.lapsed}</State>;
    case 'cancelled':
      return <State glyph="ended">{states.cancelled}</State>;
    case 'refused':
      return <State glyph="denied">{states.refused}</State>;
    case 'failed':
      return <State glyph="denied">{states.failed}</State>;
    default:
      return assertNever(request.state);
  }
};
