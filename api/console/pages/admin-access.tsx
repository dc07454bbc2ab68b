import type { FC } from 'hono/jsx';
import type { VendorAccess } from '../../operations/read-vendor-access.ts';
import type { Held } from '../components/access.tsx';
import { Axis, type Lane, type Stretch } from '../components/axis.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, LinkButton } from '../components/form.tsx';
import { Note, Refused, State } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { heldState, TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { addressOf } from '../links.ts';
import { type AccessRequest, nameOf, waitedFor } from '../request-words.ts';
import { axisTexts } from '../texts/axis.ts';
import { vendorAccessTexts as texts } from '../texts/admin-access.ts';
import { useWhen } from '../when.ts';
import { periodWords, spanWords } from '../words.ts';
import { approvalWords, Evidence, History } from './admin-access-history.tsx';
import { type Consent, ruleFacts } from './admin-access-rules.tsx';
import type { Period } from './customer.tsx';

type Props = PanelFrame & {
  access: VendorAccess;
  consent: Consent;
  /** How many days the axis shows, and which. */
  axis: { days: number; stretch: Stretch };
  period: Period;
  isLater: boolean;
  refusal?: string | null;
};

const path = '/admin/access';

/** Who of the vendor's people reaches our data, did, or asks to. */
export const VendorAccessPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  access,
  consent,
  axis,
  period,
  isLater,
  refusal = null,
}) => {
  const title = titleOf(access.now, vendor);
  return (
    <PanelPage
      frame={frame}
      customer={customer.name}
      vendor={vendor}
      current={path}
      title={title}
      lead={texts.lead}
      live={{ kinds: ['access_request', 'grant'], says: `${title}.` }}
    >
      <div class={refusal !== null || access.waiting.length > 0 ? 'stack' : undefined}>
        <Refused fact={texts.notEnded} refusal={refusal} />
        {access.waiting.map((request, at) => (
          <AskedNote request={request} isMain={at === 0} />
        ))}
        <Now access={access.now} vendor={vendor} csrf={frame.csrf} />
        <Drawn drawn={access.drawn} axis={axis} />
        <Elsewhere requests={access.elsewhere} />
        <div class="beside apart">
          <History during={access.during} period={period} isLater={isLater} />
          <div>
            <Evidence vendor={vendor} period={period} isMain={access.waiting.length === 0} />
            <section class="panel">
              <h2>{texts.rules}</h2>
              <Facts facts={ruleFacts(consent, vendor)} />
              <p class="more">
                <a href={`${path}/rules`}>{texts.change}</a>
              </p>
            </section>
          </div>
        </div>
      </div>
    </PanelPage>
  );
};

/** What is past its end comes first, in the title, too. */
const titleOf = ({ late, people }: VendorAccess['now'], vendor: string) =>
  late > 0 ? texts.titleLate(late, vendor) : texts.title(people, vendor);

/** A request of somebody of the vendor's, in a sentence. */
export function askedWords(request: AccessRequest): string {
  const words = request.kind === 'extension' ? texts.asksMore : texts.asks;
  return words(
    nameOf(request.person),
    nameOf(request.entitlement).toLowerCase(),
    nameOf(request.resource),
    periodWords(request.period),
  );
}

const AskedNote: FC<{ request: AccessRequest; isMain: boolean }> = ({ request, isMain }) => {
  const agreed = agreedBy(request);
  return (
    <Note
      tone="wait"
      glyph="waiting"
      fact={askedWords(request)}
      action={
        <LinkButton
          href={`${path}/${request.reference}`}
          label={texts.andReads}
          isMain={isMain}
          about={request.reference}
        />
      }
    >
      {texts.quote(request.justification)} {agreed.length > 0 && texts.agreed(agreed)}{' '}
      {request.reported && texts.emergencyAsked} {texts.lapses} <Time at={request.lapses_at} />.
    </Note>
  );
};

/** Who has agreed so far, of both sides; the vendor's people with whose they are. */
export function agreedBy(request: AccessRequest): string[] {
  return request.stages.flatMap(({ organization, decisions }) =>
    decisions
      .filter(({ decision }) => decision === 'approve')
      .map(({ person }) =>
        organization.id === request.organization.id
          ? nameOf(person)
          : texts.at(nameOf(person), nameOf(organization)),
      ),
  );
}

const Now: FC<{ access: VendorAccess['now']; vendor: string; csrf: string }> = ({
  access: { items, more },
  vendor,
  csrf,
}) => (
  <Section id="now" title={texts.now}>
    {items.length === 0 ? (
      <Empty fact={texts.nobodyNow}>{texts.nobodyNowMore(vendor)}</Empty>
    ) : (
      <Timetable>
        {items.map((one) => (
          <NowRow access={one} csrf={csrf} />
        ))}
      </Timetable>
    )}
    {more > 0 && <p class="more meta">{texts.nowMore(more)}</p>}
  </Section>
);

const tones = { held: 'live', soon: 'soon', late: 'late' } as const;

const NowRow: FC<{ access: Held; csrf: string }> = ({ access, csrf }) => {
  const { now } = useWhen();
  const { person, resource, entitlement, due_at: until, reference } = access;
  const name = nameOf(person);
  const isLate = access.state === 'overdue';
  const state = isLate ? 'late' : heldState({ from: access.from, until }, now);
  const words = `${nameOf(resource)}, ${nameOf(entitlement).toLowerCase()}`;
  return (
    <Row
      tone={tones[state]}
      at={<Time at={until} as={isNear(until, now) ? 'time' : 'day'} />}
      caption={isLate ? texts.late : texts.left(spanWords(Date.parse(until) - Date.parse(now)))}
      title={reference ? <a href={`${path}/${reference}`}>{name}</a> : name}
      actions={
        !isLate && (
          <ActionButton
            action={`${path}/${access.grant_id}/end`}
            csrf={csrf}
            label={texts.end}
            about={texts.endOf(name, nameOf(resource))}
          />
        )
      }
    >
      <p class="meta">{words}</p>
      <Why access={access} />
      {access.reported && <State glyph="fence">{texts.emergency}</State>}
      {isLate && <p>{texts.isLate(name)}</p>}
      <TenureLine span={{ state, from: access.from, until }} />
      <p class="meta">{texts.approvedBy(approvalWords(access))}</p>
    </Row>
  );
};

const Why: FC<{ access: Held }> = ({ access: { justification, ticket } }) => (
  <p class="meta">
    {ticket && (
      <>
        <span class="keep">{ticket}</span>
        {justification && ': '}
      </>
    )}
    {justification && texts.quote(justification)}
  </p>
);

function isNear(at: string, now: string): boolean {
  return Math.abs(Date.parse(at) - Date.parse(now)) < 20 * 3_600_000;
}

const Drawn: FC<{ drawn: VendorAccess['drawn']; axis: Props['axis'] }> = ({
  drawn: { items, next },
  axis,
}) => (
  <Section
    id="drawn"
    title={axis.days === 1 ? texts.day : texts.days(axis.days)}
    aside={
      <span class="segments">
        {[1, 7, 30].map((days) => (
          <a
            href={`${addressOf(path, { days: days === 1 ? null : String(days) })}#drawn`}
            aria-current={days === axis.days ? 'true' : undefined}
          >
            {days === 1 ? texts.day : texts.days(days)}
          </a>
        ))}
      </span>
    }
  >
    {items.length === 0 ? (
      <Empty fact={texts.nothingDrawn}>{texts.nothingDrawnMore}</Empty>
    ) : (
      <Axis lanes={items.map(laneOf)} stretch={axis.stretch} />
    )}
    {next !== null && <p class="more meta">{axisTexts.newest(items.length)}</p>}
  </Section>
);

function laneOf(access: Held): Lane {
  return {
    who: nameOf(access.person),
    what: `${nameOf(access.resource)}, ${nameOf(access.entitlement).toLowerCase()}`,
    href: access.reference === null ? undefined : `${path}/${access.reference}`,
    from: access.from,
    until: access.due_at,
    endedAt: access.ended_at,
  };
}

const Elsewhere: FC<{ requests: readonly AccessRequest[] }> = ({ requests }) =>
  requests.length === 0 ? (
    <></>
  ) : (
    <Section id="elsewhere" title={texts.elsewhere}>
      <Timetable>
        {requests.map((request) => (
          <Row
            tone="wait"
            at={<Time at={request.lapses_at} as="time" />}
            caption={texts.lapses.toLowerCase()}
            title={<a href={`${path}/${request.reference}`}>{askedWords(request)}</a>}
          >
            <p class="meta">
              {texts.quote(request.justification)} {texts.waitsFor(waitedFor(request))}
            </p>
          </Row>
        ))}
      </Timetable>
    </Section>
  );
