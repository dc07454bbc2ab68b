import type { FC } from 'hono/jsx';
import { assertNever } from '../../../domain/errors.ts';
import { periodMsOrThrow } from '../../../domain/period.ts';
import type { UsualUse } from '../../operations/read-decision-scene.ts';
import { DecisionForm, Verdict } from '../components/decision-form.tsx';
import { type Fact, Facts } from '../components/facts.tsx';
import { type Faults, Form, TextField } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Section } from '../components/row.tsx';
import type { StepUpNeed } from '../components/step-up.tsx';
import { type Moment, Story } from '../components/story.tsx';
import { heldState, type Span, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, waitedFor } from '../request-words.ts';
import { vendorAccessTexts as texts } from '../texts/admin-access.ts';
import { asBeginning, oneOf, periodWords } from '../words.ts';
import { agreedBy, askedWords } from './admin-access.tsx';
import { usualWords, whatDiffers } from './approvals.tsx';

type Props = PanelFrame & {
  request: AccessRequest;
  usual: UsualUse;
  mayDecide: boolean;
  stepUp: StepUpNeed | null;
  said?: { refusal?: string; faults?: Faults; comment?: string; reason?: string };
};

type Grant = NonNullable<AccessRequest['grant']>;

/** One request of the vendor's people, with all that a good decision needs; or the access it led to. */
export const VendorRequestPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  request,
  usual,
  mayDecide,
  stepUp,
  said = {},
}) => {
  const { grant } = request;
  const { now } = frame.when;
  const isOpen = grant !== null && grant.ended_at === null && grant.state !== 'failed';
  const mayEnd = isOpen && grant.state !== 'overdue';
  const title = titleOf(request);
  return (
    <PanelPage
      frame={frame}
      customer={customer.name}
      vendor={vendor}
      current="/admin/access"
      title={title}
      crumb={<a href="/admin/access">{texts.crumb}</a>}
      live={{ ids: [request.id, ...(request.grant ? [request.grant.id] : [])], says: `${title}.` }}
      scripts={mayDecide && stepUp ? ['passkey.js'] : []}
      dock={mayDecide ? <Verdict stepUp={stepUp} /> : mayEnd && <EndButton />}
    >
      <div class="beside asked">
        <div class="stack">
          <blockquote>{request.justification}</blockquote>
          <TenureLine {...lineOf(request, now)} isLarge={isOpen} />
        </div>
        <div class="panel stack">
          <Refused
            fact={mayEnd ? texts.notEnded : texts.notSaved}
            refusal={said.refusal}
            action={
              <a class="button" href={`/admin/access/${request.reference}`}>
                {texts.read}
              </a>
            }
          />
          <Facts facts={factsOf(request, usual, mayDecide)} />
          {mayDecide && (
            <DecisionForm
              request={request}
              action={`/admin/access/${request.reference}`}
              csrf={frame.csrf}
              comment={said.comment}
              fault={said.faults?.comment}
              stepUp={stepUp}
            />
          )}
          {mayEnd && <Ending request={request} csrf={frame.csrf} said={said} />}
          {!mayDecide && request.state === 'waiting' && (
            <Note tone="wait" glyph="denied" fact={texts.notYours}>
              {texts.othersMust(waitedFor(request))}
            </Note>
          )}
        </div>
        <Section id="story" title={texts.whatHappened}>
          <div class="more">
            <Story moments={storyOf(request, now)} />
          </div>
        </Section>
      </div>
    </PanelPage>
  );
};

function titleOf(request: AccessRequest): string {
  const person = nameOf(request.person);
  const resource = nameOf(request.resource);
  const { grant } = request;
  if (request.state === 'waiting') return askedWords(request);
  if (grant && request.kind === 'access') {
    if (grant.state === 'overdue') return texts.shouldNot(person, resource);
    if (grant.state === 'held') return texts.canReach(person, resource);
    if (grant.ended_at !== null) return texts.cannot(person, resource);
  }
  switch (request.state) {
    case 'approved':
    case 'granted':
      return texts.begins(person);
    case 'denied':
      return texts.wasDenied(person);
    case 'lapsed':
      return texts.hasLapsed(person);
    case 'cancelled':
      return texts.wasWithdrawn(person);
    case 'refused':
    case 'failed':
      return texts.cameToNothing(person);
    default:
      return assertNever(request.state);
  }
}

function lineOf(request: AccessRequest, now: string) {
  const { grant } = request;
  if (grant && grant.state !== 'failed' && grant.state !== 'provisioning' && request.kind === 'access')
    return {
      span: grantSpan(grant, now),
      begin: <Time at={grant.from} />,
      end: <Time at={grant.ended_at ?? grant.due_at} />,
    };
  const begin = request.starts_at ?? request.asked_at;
  const span: Span = {
    state: 'not-begun',
    from: begin,
    until: after(begin, request.period),
    atMost: after(begin, request.longest),
  };
  return {
    span,
    begin: texts.begin,
    middle: texts.periodAsked(periodWords(request.period)),
    end: texts.periodAllowed(periodWords(request.longest)),
  };
}

function grantSpan(grant: Grant, now: string): Span {
  const { from, until, due_at: due, ended_at: endedAt } = grant;
  const former = grant.extensions.map(({ former_until }) => former_until);
  if (endedAt === null) return { state: heldState({ from, until: due }, now), from, until: due, former };
  return { state: endedAt < until ? 'returned' : 'ended', from, until, endedAt };
}

function after(at: string, period: string): string {
  return new Date(Date.parse(at) + periodMsOrThrow(period)).toISOString();
}

function factsOf(request: AccessRequest, usual: UsualUse, mayDecide: boolean): Fact[] {
  const { facts } = texts;
  const differs = mayDecide ? whatDiffers(request, usual) : null;
  const agreed = agreedBy(request);
  const missing = request.state === 'waiting' ? waitedFor(request) : [];
  const person = nameOf(request.person);
  return [
    [facts.who, usual.title ? `${person}, ${usual.title.toLowerCase()}` : person],
    [facts.may, nameOf(request.entitlement)],
    [facts.data, texts.dataOf(asBeginning(usual.classification), usual.region.toUpperCase())],
    [facts.ticket, request.ticket ? <span class="keep">{request.ticket}</span> : texts.noTicket],
    mayDecide ? [facts.usual, usualWords(request, usual)] : null,
    differs ? [facts.differs, differs, 'differs'] : null,
    request.reported
      ? [facts.emergency, request.stages.length === 0 ? texts.emergencyMore : texts.emergencyAsked]
      : null,
    [facts.agreed, agreed.length > 0 ? oneOf(agreed, 'and') : noneAgreed(request)],
    missing.length > 0 ? [facts.missing, missing.join('; ')] : null,
    request.state === 'waiting' ? [facts.answer, <Time at={request.lapses_at} />] : null,
    [texts.reference, <span class="keep">{request.reference}</span>],
  ];
}

function noneAgreed(request: AccessRequest): string {
  if (request.stages.length > 0) return texts.nobodyYet;
  return asBeginning(request.reported ? texts.byNobody : texts.byPolicy);
}

type Said = NonNullable<Props['said']>;

const Ending: FC<{ request: AccessRequest; csrf: string; said: Said }> = ({ request, csrf, said }) => (
  <Form action={`/admin/access/${request.reference}/end`} csrf={csrf} class="stack" id="ending">
    <TextField
      name="reason"
      label={texts.why}
      aside={texts.whyAside}
      value={said.reason}
      fault={said.faults?.reason}
    />
    <p class="meta">{texts.endMore}</p>
    <div class="acts docked-wide">
      <EndButton />
    </div>
  </Form>
);

const EndButton: FC = () => (
  <button type="submit" form="ending" class="main-action tall">
    {texts.endIt}
  </button>
);

/** What happened to a request and to the access it led to. Nothing of it is about how the vendor works inside. */
function storyOf(request: AccessRequest, now: string): Moment[] {
  const { story } = texts;
  const moments: Moment[] = [
    {
      at: request.asked_at,
      fact: story.asked(nameOf(request.requested_by), periodWords(request.period)),
    },
    ...request.stages.flatMap(({ organization, decisions }) =>
      decisions.map(({ person, decision, comment, decided_at }): Moment => {
        const isOurs = organization.id === request.organization.id;
        const who = isOurs ? nameOf(person) : texts.at(nameOf(person), nameOf(organization));
        return {
          at: decided_at,
          fact: decision === 'approve' ? story.approved(who) : story.denied(who),
          detail: comment ? texts.quote(comment) : undefined,
        };
      }),
    ),
    ...(request.state === 'waiting' ? [{ at: request.lapses_at, fact: story.lapses }] : []),
    ...(request.grant && request.kind === 'access' ? grantStory(request, request.grant, now) : []),
  ];
  return moments.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

function grantStory({ reported, resource, person }: AccessRequest, grant: Grant, now: string): Moment[] {
  const { story } = texts;
  if (grant.state === 'failed' || grant.state === 'provisioning') return [];
  const ended = texts.ended(grant.ended_by, grant.ended_by_person ? nameOf(grant.ended_by_person) : null);
  const began: Moment = {
    at: grant.from,
    fact: reported ? story.reported : story.began,
    detail: reported ? story.reportedMore : texts.canReach(nameOf(person), nameOf(resource)),
    next: 'used',
  };
  const extended = grant.extensions.map(
    ({ until }): Moment => ({
      at: until < now ? until : now,
      fact: story.extended,
      next: 'used',
    }),
  );
  if (grant.ended_at !== null)
    return [began, ...extended, { at: grant.ended_at, fact: story.ended, detail: ended }];
  if (grant.state === 'overdue')
    return [began, ...extended, { at: grant.due_at, fact: story.late, detail: story.lateMore }];
  return [
    began,
    ...extended,
    { at: now, fact: story.now, next: 'to-come' },
    { at: grant.due_at, fact: story.ends, detail: story.endsMore },
  ];
}
