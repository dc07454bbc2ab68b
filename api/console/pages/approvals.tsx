import type { FC } from 'hono/jsx';
import type { UsualUse } from '../../operations/read-decision-scene.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Fact, Facts } from '../components/facts.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import { TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, thingWords, waitedFor } from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { useWhen } from '../when.ts';
import { asBeginning, counted, periodWords, spanWords } from '../words.ts';
import { periodMsOrThrow } from '../../../domain/period.ts';

type Props = {
  frame: Frame;
  waiting: readonly AccessRequest[];
  chosen: { request: AccessRequest; usual: UsualUse; mayDecide: boolean } | null;
  faults?: Faults;
  comment?: string;
  refusal?: string | null;
};

/** What waits for my decision, with all that a good one needs. */
export const ApprovalsPage: FC<Props> = ({
  frame,
  waiting,
  chosen,
  faults = {},
  comment = '',
  refusal = null,
}) => {
  const next = waiting[0];
  const left = next ? spanWords(Date.parse(next.lapses_at) - Date.parse(frame.when.now)) : null;
  const title =
    waiting.length === 0
      ? texts.home.nobodyWaits
      : `${counted(waiting.length, 'request waits', 'requests wait')} for you`;
  return (
    <ConsolePage
      frame={frame}
      title={chosen ? sentenceOf(chosen.request) : title}
      lead={chosen ? undefined : left && `The next one lapses in ${left}.`}
      current="/approvals"
      dock={chosen?.mayDecide && <Verdict />}
    >
      <div class={waiting.length > 0 ? 'choose' : undefined}>
        {waiting.length > 0 && (
          <Inbox waiting={waiting} current={chosen?.request.id ?? null} isAside={chosen !== null} />
        )}
        {chosen ? (
          <DecisionPanel {...chosen} csrf={frame.csrf} faults={faults} comment={comment} refusal={refusal} />
        ) : (
          waiting.length === 0 && <p class="meta">{texts.home.nobodyWaitsMore}</p>
        )}
      </div>
    </ConsolePage>
  );
};

function sentenceOf(request: AccessRequest): string {
  const verb = request.kind === 'extension' ? 'more time on' : '';
  return `${nameOf(request.person)} asks for ${verb ? `${verb} ` : ''}${thingWords(request)}, for ${periodWords(request.period)}`;
}

const Inbox: FC<{ waiting: readonly AccessRequest[]; current: string | null; isAside: boolean }> = ({
  waiting,
  current,
  isAside,
}) => (
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
  </ol>
);

const Lapses: FC<{ at: string }> = ({ at }) => {
  const { now } = useWhen();
  return (
    <>
      lapses <Time at={at} />, in {spanWords(Date.parse(at) - Date.parse(now))}
    </>
  );
};

type PanelProps = NonNullable<Props['chosen']> & {
  csrf: string;
  faults: Faults;
  comment: string;
  refusal: string | null;
};

const DecisionPanel: FC<PanelProps> = ({ request, usual, mayDecide, csrf, faults, comment, refusal }) => {
  const others = waitedFor(request);
  return (
    <div class="panel stack">
      <Refused
        fact="Your decision wasn’t saved"
        refusal={refusal}
        action={
          <a class="button" href={`/requests/${request.reference}`}>
            {texts.act.open}
          </a>
        }
      />
      <p class="meta">
        <a href={`/requests/${request.reference}`}>{request.reference}</a>, asked{' '}
        <Time at={request.asked_at} />
      </p>
      <blockquote>{request.justification}</blockquote>
      <TenureLine
        span={{
          state: 'not-begun',
          from: request.asked_at,
          until: after(request.asked_at, request.period),
          atMost: after(request.asked_at, request.longest),
        }}
        begin="begins"
        middle={`${periodWords(request.period)} asked`}
        end={`${periodWords(request.longest)} allowed`}
      />
      <Facts facts={factsOf(request, usual, others)} />
      {mayDecide ? (
        <Form action={`/approvals/${request.reference}`} csrf={csrf} class="stack" id="decision">
          <input type="hidden" name="digest" value={request.digest} />
          <TextArea
            name="comment"
            label="Comment"
            aside={`needed to deny; ${nameOf(request.person)} reads it`}
            value={comment}
            maxLength={2_000}
            fault={faults.comment}
          />
          <p class="meta">You decide on exactly this. If it changes, your decision is void.</p>
          <div class="acts docked-wide">
            <Verdict />
          </div>
        </Form>
      ) : (
        <Note tone="wait" glyph="denied" fact="This isn’t yours to decide now">
          {request.state === 'waiting'
            ? `${asBeginning(others.join(' and '))} must.`
            : 'It no longer waits for anybody.'}
        </Note>
      )}
    </div>
  );
};

/** Deny left, approve right. They belong to the form wherever they stand. */
const Verdict: FC = () => (
  <>
    <button type="submit" form="decision" name="decision" value="deny" class="tall">
      {texts.act.deny}
    </button>
    <button type="submit" form="decision" name="decision" value="approve" class="main-action tall">
      {texts.act.approve}
    </button>
  </>
);

function factsOf(request: AccessRequest, usual: UsualUse, others: readonly string[]): Fact[] {
  const differs = whatDiffers(request, usual);
  return [
    ['Who', usual.title ? `${nameOf(request.person)}, ${usual.title.toLowerCase()}` : nameOf(request.person)],
    ['May', nameOf(request.entitlement)],
    [
      'Data',
      `${asBeginning(usual.classification)}, ${usual.region.toUpperCase()}, of ${nameOf(request.organization)}`,
    ],
    ['Ticket', request.ticket ? <span class="keep">{request.ticket}</span> : 'none'],
    ['Usual?', usualWords(request, usual)],
    differs ? ['Differs', differs, 'differs'] : null,
    ['Policy', request.policies.map(({ title }) => title).join('. ') || request.policy_version],
    others.length > 1 ? ['Besides you', `${others.length - 1} more must agree. Nothing opens before.`] : null,
  ];
}

function usualWords(request: AccessRequest, { times, averageMs, late }: UsualUse): string {
  const person = nameOf(request.person);
  if (times === 0) return `No. ${person} has not held this in 90 days.`;
  const each = averageMs === null ? '' : `, about ${spanWords(averageMs)} each`;
  const ended = late === 0 ? ', always gone in time' : `, ${late} of them gone late`;
  return `Yes. ${person} held this ${counted(times, 'time', 'times')} in 90 days${each}${ended}.`;
}

/** The one thing that is unlike before; null when nothing is. */
function whatDiffers(request: AccessRequest, { times, averageMs }: UsualUse): string | null {
  if (times === 0) return 'The first time in 90 days';
  if (averageMs === null || averageMs === 0) return null;
  const ratio = periodMsOrThrow(request.period) / averageMs;
  if (ratio < 1.9) return null;
  return ratio < 2.5 ? 'Twice as long as usual' : `${Math.round(ratio)} times as long as usual`;
}

function after(at: string, period: string): string {
  return new Date(Date.parse(at) + periodMsOrThrow(period)).toISOString();
}
