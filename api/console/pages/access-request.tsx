import type { FC } from 'hono/jsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, Form } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { StepUp, type StepUpNeed } from '../components/step-up.tsx';
import { Story } from '../components/story.tsx';
import { heldState, type Span, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { storyOf } from '../request-story.ts';
import {
  type AccessRequest,
  endingSentence,
  type Grant,
  nameOf,
  thingWords,
  waitedFor,
} from '../request-words.ts';
import { texts as requestTexts } from '../texts/access-request.ts';
import { texts } from '../texts/common.ts';
import { states } from '../texts/home.ts';
import { useWhen } from '../when.ts';
import { periodWords, spanWords } from '../words.ts';
import { RequestState, WaitingLine } from './home.tsx';

/** What the viewer may do with the request. */
export interface RequestRights {
  isHolder: boolean;
  mayWithdraw: boolean;
  mayDecide: boolean;
  mayEnd: boolean;
}

type Props = {
  frame: Frame;
  request: AccessRequest;
  rights: RequestRights;
  /** What the last try came to, in words. */
  refusal?: string | null;
  /** The step-up that its credential needs first. */
  stepUp?: StepUpNeed | null;
};

/** One request: what is left of it, its credential, and what happened. */
export const RequestPage: FC<Props> = ({ frame, request, rights, refusal = null, stepUp = null }) => {
  const person = nameOf(request.person);
  const about = request.ticket
    ? requestTexts.forTicket(request.reference, request.ticket)
    : request.reference;
  const { grant } = request;
  return (
    <ConsolePage
      frame={frame}
      title={requestTexts.title(person, thingWords(request), periodWords(request.period))}
      lead={request.kind === 'extension' ? requestTexts.laterEnd(about) : about}
      current={rights.isHolder ? '/' : null}
      live={{ ids: followedOf(request), says: saysOf(request) }}
      scripts={stepUp ? ['passkey.js'] : []}
    >
      <div class="stack">
        <Refused fact={requestTexts.notDone} refusal={refusal} />
        <section class="section" aria-label={requestTexts.standing}>
          {grant ? (
            <GrantStanding request={request} grant={grant} rights={rights} csrf={frame.csrf} />
          ) : (
            <Waiting request={request} rights={rights} csrf={frame.csrf} />
          )}
        </section>
        <div class="beside">
          <section aria-labelledby="story">
            <h2 id="story">{requestTexts.story}</h2>
            <div class="more">
              <Story moments={storyOf(request, frame.when.now)} />
            </div>
          </section>
          <div>
            {grant && rights.isHolder && grant.state === 'held' && (
              <CredentialPanel request={request} grant={grant} csrf={frame.csrf} stepUp={stepUp} />
            )}
            <section class="panel" aria-labelledby="facts">
              <h2 id="facts">{requestTexts.request}</h2>
              <Facts
                facts={[
                  [requestTexts.facts.who, person],
                  request.requested_by.id === request.person.id
                    ? null
                    : [requestTexts.facts.askedBy, nameOf(request.requested_by)],
                  [requestTexts.facts.may, nameOf(request.entitlement)],
                  [requestTexts.facts.where, nameOf(request.resource)],
                  [requestTexts.facts.whose, nameOf(request.organization)],
                  [requestTexts.facts.why, request.justification],
                  request.ticket
                    ? [requestTexts.facts.ticket, <span class="keep">{request.ticket}</span>]
                    : null,
                  [requestTexts.facts.atMost, periodWords(request.longest)],
                  [
                    requestTexts.facts.policy,
                    request.policies.map(({ title }) => title).join('. ') || request.policy_version,
                  ],
                ]}
              />
            </section>
          </div>
        </div>
      </div>
    </ConsolePage>
  );
};

/** The request, what it extends, and the access that came of it. */
function followedOf({ id, extends_request_id, grant }: AccessRequest): string[] {
  return [id, extends_request_id, grant?.id].filter((one) => one !== null && one !== undefined);
}

/** How it stands, without what time alone changes. */
function saysOf({ state, stages, grant }: AccessRequest): string {
  if (grant?.ended_at) return endingSentence(grant) ?? requestTexts.over;
  const denied = stages.flatMap(({ decisions }) => decisions).find(({ decision }) => decision === 'deny');
  if (state === 'waiting') return states.waits(waitedFor({ stages }));
  if (state === 'denied') return states.deniedBy(denied ? nameOf(denied.person) : texts.somebody);
  if (state === 'approved') return grant ? states.settingUp : states.beginsSoon;
  return states[state];
}

const Waiting: FC<{ request: AccessRequest; rights: RequestRights; csrf: string }> = ({
  request,
  rights,
  csrf,
}) => {
  const address = `/requests/${request.reference}`;
  const isWaiting = request.state === 'waiting';
  return (
    <div class="more stack">
      <RequestState request={request} />
      {isWaiting && <WaitingLine request={request} isLarge />}
      <div class="acts">
        {isWaiting && rights.mayDecide && (
          <a class="button main-action" href={`/approvals/${request.reference}`}>
            {texts.act.decide}
          </a>
        )}
        {rights.mayWithdraw && (
          <ActionButton action={`${address}/cancellation`} csrf={csrf} label={texts.act.withdraw} />
        )}
        {!isWaiting && rights.isHolder && (
          <a class="button" href={askAgain(request)}>
            {texts.act.again}
          </a>
        )}
      </div>
    </div>
  );
};

/** The form for asking, filled in with what was asked before. */
export function askAgain(request: AccessRequest): string {
  const filled = new URLSearchParams({
    resource: request.resource.key ?? '',
    entitlement: request.entitlement.key ?? '',
    customer: request.organization.key ?? '',
    period: request.period,
    why: request.justification,
    ...(request.ticket ? { ticket: request.ticket } : {}),
  });
  return `/requests/new?${filled.toString()}`;
}

const GrantStanding: FC<{ request: AccessRequest; grant: Grant; rights: RequestRights; csrf: string }> = ({
  request,
  grant,
  rights,
  csrf,
}) => {
  const { now } = useWhen();
  const address = `/requests/${request.reference}`;
  const span = spanOf(grant, now);
  const isOpen = grant.ended_at === null && grant.state !== 'failed';
  return (
    <div class="more stack">
      <div class="note apart plain">
        <div>
          <p class={`left-words ${toneOf(span.state)}`}>{headline(grant, now)}</p>
          <p class="lead">{sentence(request, grant, now)}</p>
        </div>
        {isOpen && grant.state !== 'overdue' && (
          <div class="acts">
            {rights.isHolder && (
              <>
                <a class="button" href={`${address}/extension`}>
                  {texts.act.extend}
                </a>
                <ActionButton action={`${address}/return`} csrf={csrf} label={texts.act.returnNow} />
              </>
            )}
            {!rights.isHolder && rights.mayEnd && (
              <a class="button" href={`${address}/revocation`}>
                {texts.act.end}
              </a>
            )}
          </div>
        )}
      </div>
      <TenureLine
        isLarge
        span={span}
        begin={
          <>
            {requestTexts.began} <Time at={grant.from} />
          </>
        }
        end={
          grant.ended_at ? (
            <>
              {requestTexts.ended} <Time at={grant.ended_at} />
            </>
          ) : (
            <>
              {requestTexts.ends} <Time at={grant.due_at} />
            </>
          )
        }
      />
    </div>
  );
};

function spanOf(grant: Grant, now: string): Span {
  const { from, until, due_at, ended_at } = grant;
  const former = grant.extensions.map(({ former_until }) => former_until);
  if (ended_at !== null)
    return { state: ended_at < until ? 'returned' : 'ended', from, until, endedAt: ended_at, former };
  if (grant.state === 'failed') return { state: 'ended', from, until };
  return { state: heldState({ from, until: due_at }, now), from, until: due_at, former };
}

function toneOf(state: Span['state']): string {
  return {
    held: 'live',
    soon: 'soon',
    late: 'late',
    waiting: 'wait',
    'not-begun': 'wait',
    ended: '',
    returned: '',
  }[state];
}

function headline(grant: Grant, now: string): string {
  if (grant.state === 'failed') return requestTexts.notBegun;
  if (grant.ended_at) return requestTexts.over;
  const left = Date.parse(grant.due_at) - Date.parse(now);
  return left > 0 ? requestTexts.left(spanWords(left)) : requestTexts.late(spanWords(left));
}

function sentence(request: AccessRequest, grant: Grant, now: string) {
  if (grant.state === 'failed') return requestTexts.couldNot;
  if (grant.ended_at) return endingSentence(grant);
  if (grant.due_at <= now) return requestTexts.pastItsEnd;
  if (grant.state === 'provisioning') return `${requestTexts.settingUp} ${requestTexts.countsFromBegin}`;
  if (request.kind === 'extension') return requestTexts.laterEndCounts;
  return (
    <>
      {requestTexts.endsAt} <Time at={grant.due_at} />. {requestTexts.byItself}
    </>
  );
}

type CredentialProps = { request: AccessRequest; grant: Grant; csrf: string; stepUp: StepUpNeed | null };

const CredentialPanel: FC<CredentialProps> = ({ request, grant, csrf, stepUp }) => {
  const address = `/requests/${request.reference}/credential`;
  return (
    <section class="panel" id="credential" aria-labelledby="credential-title">
      <h2 id="credential-title">{requestTexts.credential}</h2>
      {grant.credential_shown_at === null ? (
        <div class="envelope stack">
          <div>
            <h3>{requestTexts.ready}</h3>
            <p class="meta">{requestTexts.readyMore}</p>
          </div>
          <Form action={address} csrf={csrf} id="show-credential">
            <button type="submit" class="main-action">
              {texts.act.show}
            </button>
          </Form>
        </div>
      ) : (
        <div class="stack">
          <div>
            <h3>
              {requestTexts.shownAt} <Time at={grant.credential_shown_at} />, {requestTexts.once}
            </h3>
            <p class="meta">{requestTexts.lost}</p>
          </div>
          <Form action={address} csrf={csrf} id="show-credential">
            <input type="hidden" name="replace" value="yes" />
            <button type="submit">{texts.act.replace}</button>
          </Form>
        </div>
      )}
      {stepUp && <StepUp need={stepUp} form="show-credential" returnTo={`/requests/${request.reference}`} />}
    </section>
  );
};
