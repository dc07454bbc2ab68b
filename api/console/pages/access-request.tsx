import type { FC } from 'hono/jsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, Form } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Story } from '../components/story.tsx';
import { heldState, type Span, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { storyOf } from '../request-story.tsx';
import { type AccessRequest, endingSentence, type Grant, nameOf, thingWords } from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { useWhen } from '../when.ts';
import { periodWords, spanWords } from '../words.ts';
import { RequestState } from './home.tsx';

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
};

/** One request: what is left of it, its credential, and what happened. */
export const RequestPage: FC<Props> = ({ frame, request, rights, refusal = null }) => {
  const person = nameOf(request.person);
  const about = request.ticket ? `${request.reference} for ${request.ticket}` : request.reference;
  const { grant } = request;
  return (
    <ConsolePage
      frame={frame}
      title={`${person}: ${thingWords(request)}, for ${periodWords(request.period)}`}
      lead={request.kind === 'extension' ? `${about}, a later end` : about}
      current={rights.isHolder ? '/' : null}
      scripts={['request.js']}
    >
      <div class="stack" data-follow={`/v1/access-requests/${request.id}`} data-state={stateOf(request)}>
        <Refused fact="That wasn’t done" refusal={refusal} />
        <section class="section" aria-label="How it stands">
          {grant ? (
            <GrantStanding request={request} grant={grant} rights={rights} csrf={frame.csrf} />
          ) : (
            <Waiting request={request} rights={rights} csrf={frame.csrf} />
          )}
        </section>
        <div class="beside">
          <section aria-labelledby="story">
            <h2 id="story">What happened</h2>
            <div class="more">
              <Story moments={storyOf(request, frame.when.now)} />
            </div>
          </section>
          <div>
            {grant && rights.isHolder && grant.state === 'held' && (
              <CredentialPanel request={request} grant={grant} csrf={frame.csrf} />
            )}
            <section class="panel" aria-labelledby="facts">
              <h2 id="facts">Request</h2>
              <Facts
                facts={[
                  ['Who', person],
                  request.requested_by.id === request.person.id
                    ? null
                    : ['Asked by', nameOf(request.requested_by)],
                  ['May', nameOf(request.entitlement)],
                  ['Where', nameOf(request.resource)],
                  ['Whose data', nameOf(request.organization)],
                  ['Why', request.justification],
                  request.ticket ? ['Ticket', <span class="keep">{request.ticket}</span>] : null,
                  ['At most', periodWords(request.longest)],
                  ['Policy', request.policies.map(({ title }) => title).join('. ') || request.policy_version],
                ]}
              />
            </section>
          </div>
        </div>
      </div>
    </ConsolePage>
  );
};

/** What a live page compares to know that something has changed. */
export function stateOf({ state, stages, grant }: AccessRequest): string {
  const decided = stages.flatMap(({ decisions }) => decisions).length;
  return [state, decided, grant?.state, grant?.due_at, grant?.ended_at, grant?.credential_shown_at].join(' ');
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
      {isWaiting && (
        <TenureLine
          isLarge
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
                <a class="button tall" href={`${address}/extension`}>
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
            began <Time at={grant.from} />
          </>
        }
        end={
          grant.ended_at ? (
            <>
              ended <Time at={grant.ended_at} />
            </>
          ) : (
            <>
              ends <Time at={grant.due_at} />
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
  if (grant.state === 'failed') return 'Not begun';
  if (grant.ended_at) return 'Ended';
  const left = Date.parse(grant.due_at) - Date.parse(now);
  return `${spanWords(left)} ${left > 0 ? 'left' : 'late'}`;
}

function sentence(request: AccessRequest, grant: Grant, now: string) {
  if (grant.state === 'failed') return 'It couldn’t be set up, and everything was undone.';
  if (grant.ended_at) return endingSentence(grant);
  if (grant.due_at <= now) return texts.home.pastItsEnd;
  if (grant.state === 'provisioning') return `${texts.home.setUp} Time counts from when it begins.`;
  if (request.kind === 'extension') return 'The later end counts as soon as it is approved.';
  return (
    <>
      Ends <Time at={grant.due_at} />. Nobody has to remember to remove it.
    </>
  );
}

const CredentialPanel: FC<{ request: AccessRequest; grant: Grant; csrf: string }> = ({
  request,
  grant,
  csrf,
}) => {
  const address = `/requests/${request.reference}/credential`;
  return (
    <section class="panel" id="credential" aria-labelledby="credential-title">
      <h2 id="credential-title">Credential</h2>
      {grant.credential_shown_at === null ? (
        <div class="envelope stack">
          <div>
            <h3>Ready, shown once</h3>
            <p class="meta">
              Have a place to paste it. When you close it nobody can show it again, not even an administrator.
            </p>
          </div>
          <Form action={address} csrf={csrf}>
            <button type="submit" class="main-action">
              {texts.act.show}
            </button>
          </Form>
        </div>
      ) : (
        <div class="stack">
          <div>
            <h3>
              Shown at <Time at={grant.credential_shown_at} />, once
            </h3>
            <p class="meta">Lost it? Replace it: the old one stops working at once.</p>
          </div>
          <Form action={address} csrf={csrf}>
            <input type="hidden" name="replace" value="yes" />
            <button type="submit">{texts.act.replace}</button>
          </Form>
        </div>
      )}
    </section>
  );
};
