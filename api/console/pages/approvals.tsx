import type { FC } from 'hono/jsx';
import type { UsualUse } from '../../operations/read-decision-scene.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { DecisionForm, Verdict } from '../components/decision-form.tsx';
import { type Fact, Facts } from '../components/facts.tsx';
import type { Faults } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import type { StepUpNeed } from '../components/step-up.tsx';
import { TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, thingWords, waitedFor } from '../request-words.ts';
import { texts as approvalTexts } from '../texts/approvals.ts';
import { texts } from '../texts/common.ts';
import { texts as homeTexts } from '../texts/home.ts';
import { useWhen } from '../when.ts';
import { asBeginning, periodWords, spanWords } from '../words.ts';
import { periodMsOrThrow } from '../../../domain/period.ts';

type Props = {
  frame: Frame;
  waiting: readonly AccessRequest[];
  chosen: { request: AccessRequest; usual: UsualUse; mayDecide: boolean } | null;
  faults?: Faults;
  comment?: string;
  refusal?: string | null;
  /** The step-up that an approval of it needs first. */
  stepUp?: StepUpNeed | null;
};

/** What waits for my decision, with all that a good one needs. */
export const ApprovalsPage: FC<Props> = ({
  frame,
  waiting,
  chosen,
  faults = {},
  comment = '',
  refusal = null,
  stepUp = null,
}) => {
  const next = waiting[0];
  const left = next ? spanWords(Date.parse(next.lapses_at) - Date.parse(frame.when.now)) : null;
  // The list has the next to lapse; there may be more.
  const count = Math.max(frame.waiting, waiting.length);
  const title = count === 0 ? homeTexts.nobodyWaits : approvalTexts.title(count);
  return (
    <ConsolePage
      frame={frame}
      title={chosen ? sentenceOf(chosen.request) : title}
      lead={chosen ? undefined : left && approvalTexts.nextLapses(left)}
      current="/approvals"
      live={{ kinds: ['access_request'], says: approvalTexts.says(count) }}
      scripts={chosen?.mayDecide && stepUp ? ['passkey.js'] : []}
      dock={chosen?.mayDecide && <Verdict stepUp={stepUp} />}
    >
      <div class={waiting.length > 0 ? 'choose' : undefined}>
        {waiting.length > 0 && (
          <Inbox
            waiting={waiting}
            more={count - waiting.length}
            current={chosen?.request.id ?? null}
            isAside={chosen !== null}
          />
        )}
        {chosen ? (
          <DecisionPanel
            {...chosen}
            csrf={frame.csrf}
            faults={faults}
            comment={comment}
            refusal={refusal}
            stepUp={stepUp}
          />
        ) : (
          waiting.length === 0 && <p class="meta">{homeTexts.nobodyWaitsMore}</p>
        )}
      </div>
    </ConsolePage>
  );
};

function sentenceOf(request: AccessRequest): string {
  const asks = request.kind === 'extension' ? approvalTexts.asksForMore : approvalTexts.asksFor;
  return asks(nameOf(request.person), thingWords(request), periodWords(request.period));
}

const Inbox: FC<{
  waiting: readonly AccessRequest[];
  /** How many others wait. */
  more: number;
  current: string | null;
  isAside: boolean;
}> = ({ waiting, more, current, isAside }) => (
  <ol class={isAside ? 'inbox wide-only' : 'inbox'}>
    {waiting.map((request) => (
      <li>
        <a
          href={`/approvals/${request.reference}`}
          aria-current={request.id === current ? 'true' : undefined}
        >
          <b>{nameOf(request.person)}</b>
          <span class="meta">
            {thingWords(request)}, {periodWords(request.period)}
          </span>
          <TenureLine
            span={{ state: 'waiting', from: request.asked_at, until: request.lapses_at }}
            begin={<Lapses at={request.lapses_at} />}
          />
        </a>
      </li>
    ))}
    {more > 0 && <li class="more meta">{approvalTexts.more(more)}</li>}
  </ol>
);

const Lapses: FC<{ at: string }> = ({ at }) => {
  const { now } = useWhen();
  return (
    <>
      {approvalTexts.lapses} <Time at={at} />
      {approvalTexts.inSpan(spanWords(Date.parse(at) - Date.parse(now)))}
    </>
  );
};

type PanelProps = NonNullable<Props['chosen']> & {
  csrf: string;
  faults: Faults;
  comment: string;
  refusal: string | null;
  stepUp: StepUpNeed | null;
};

const DecisionPanel: FC<PanelProps> = ({
  request,
  usual,
  mayDecide,
  csrf,
  faults,
  comment,
  refusal,
  stepUp,
}) => {
  const others = waitedFor(request);
  return (
    <div class="panel stack">
      <Refused
        fact={approvalTexts.notSaved}
        refusal={refusal}
        action={
          <a class="button" href={`/requests/${request.reference}`}>
            {texts.act.open}
          </a>
        }
      />
      <p class="meta">
        <a href={`/requests/${request.reference}`}>{request.reference}</a>
        {approvalTexts.asked} <Time at={request.asked_at} />
      </p>
      <blockquote>{request.justification}</blockquote>
      <TenureLine
        span={{
          state: 'not-begun',
          from: request.asked_at,
          until: after(request.asked_at, request.period),
          atMost: after(request.asked_at, request.longest),
        }}
        begin={approvalTexts.begins}
        middle={approvalTexts.periodAsked(periodWords(request.period))}
        end={approvalTexts.periodAllowed(periodWords(request.longest))}
      />
      <Facts facts={factsOf(request, usual, others)} />
      {mayDecide ? (
        <DecisionForm
          request={request}
          action={`/approvals/${request.reference}`}
          csrf={csrf}
          comment={comment}
          fault={faults.comment}
          stepUp={stepUp}
        />
      ) : (
        <Note tone="wait" glyph="denied" fact={approvalTexts.notYours}>
          {request.state === 'waiting'
            ? asBeginning(approvalTexts.othersMust(others))
            : approvalTexts.noLonger}
        </Note>
      )}
    </div>
  );
};

function factsOf(request: AccessRequest, usual: UsualUse, others: readonly string[]): Fact[] {
  const differs = whatDiffers(request, usual);
  return [
    [
      approvalTexts.facts.who,
      usual.title ? `${nameOf(request.person)}, ${usual.title.toLowerCase()}` : nameOf(request.person),
    ],
    [approvalTexts.facts.may, nameOf(request.entitlement)],
    [
      approvalTexts.facts.data,
      approvalTexts.dataOf(
        asBeginning(usual.classification),
        usual.region.toUpperCase(),
        nameOf(request.organization),
      ),
    ],
    [
      approvalTexts.facts.ticket,
      request.ticket ? <span class="keep">{request.ticket}</span> : approvalTexts.noTicket,
    ],
    [approvalTexts.facts.usual, usualWords(request, usual)],
    differs ? [approvalTexts.facts.differs, differs, 'differs'] : null,
    [
      approvalTexts.facts.policy,
      request.policies.map(({ title }) => title).join('. ') || request.policy_version,
    ],
    others.length > 1 ? [approvalTexts.facts.besides, approvalTexts.besides(others.length - 1)] : null,
  ];
}

/** Whether it is usual that they ask for this, in a sentence. */
export function usualWords(request: AccessRequest, { times, averageMs, late }: UsualUse): string {
  const person = nameOf(request.person);
  if (times === 0) return approvalTexts.neverHeld(person);
  return approvalTexts.usual({ person, times, each: averageMs === null ? null : spanWords(averageMs), late });
}

/** The one thing that is unlike before; null when nothing is. */
export function whatDiffers(request: AccessRequest, { times, averageMs }: UsualUse): string | null {
  if (times === 0) return approvalTexts.firstTime;
  if (averageMs === null || averageMs === 0) return null;
  const ratio = periodMsOrThrow(request.period) / averageMs;
  if (ratio < 1.9) return null;
  return ratio < 2.5 ? approvalTexts.twice : approvalTexts.timesAsLong(Math.round(ratio));
}

function after(at: string, period: string): string {
  return new Date(Date.parse(at) + periodMsOrThrow(period)).toISOString();
}
