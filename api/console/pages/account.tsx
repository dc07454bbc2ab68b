import type { FC } from 'hono/jsx';
import type { SessionView } from '../../../db/queries/session.ts';
import type { NoticeChoices } from '../../operations/choose-notices.ts';
import type { Outside } from '../../outside.ts';
import type { Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, Segments } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { type PanelNames, PlacePage } from '../components/place-page.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { account as texts } from '../texts/account.ts';
import { momentWords, useWhen } from '../when.ts';

type Session = Outside<SessionView>;

/** Whose account it is. */
export interface AccountOwner {
  name: string;
  email: string;
  organization: string;
  /** Works for a customer, who has nothing to do with the vendor's own operations. */
  isCustomers: boolean;
  roles: readonly string[];
}

type Props = {
  frame: Frame;
  /** The names that the panel's frame says; null for whoever has the staff's console. */
  panel: PanelNames | null;
  owner: AccountOwner;
  sessions: readonly Session[];
  /** It is not the first page of them. */
  isLater: boolean;
  next: string | null;
  notices: Outside<NoticeChoices>;
  /** What has just been done. */
  done: { saved: true } | { ended: number } | null;
  faults: Faults;
  refusal: string | null;
};

/** Who I am here, where I am signed in, and what I am told by mail. */
export const AccountPage: FC<Props> = ({
  frame,
  panel,
  owner,
  sessions,
  isLater,
  next,
  notices,
  done,
  faults,
  refusal,
}) => (
  <PlacePage
    frame={frame}
    panel={panel}
    current={null}
    title={titleOf(sessions, isLater || next !== null)}
    lead={texts.lead(owner.name, frame.standing)}
  >
    <>
      <Refused fact={texts.notDone} refusal={refusal} />
      <Done done={done} />
      <Sessions sessions={sessions} isLater={isLater} next={next} csrf={frame.csrf} />
      <Mails
        items={notices.items.filter(({ topic }) => topic !== 'operations' || !owner.isCustomers)}
        faults={faults}
        csrf={frame.csrf}
      />
      <section class="pairs" aria-label={texts.crumb}>
        <section class="panel" aria-labelledby="who">
          <h2 id="who">{texts.who}</h2>
          <Facts
            facts={[
              [texts.name, owner.name],
              [texts.email, owner.email],
              [texts.organization, owner.organization],
              [texts.roles, owner.roles.join(', ') || texts.noRoles],
            ]}
          />
          <p class="more meta">{texts.whoMore}</p>
        </section>
        <section class="panel" aria-labelledby="passkeys">
          <h2 id="passkeys">{texts.passkeys}</h2>
          <p class="meta">{texts.passkeysMore}</p>
          <p class="more">
            <a class="button" href="/account/passkeys">
              {texts.passkeysLink}
            </a>
          </p>
        </section>
      </section>
    </>
  </PlacePage>
);

function titleOf(sessions: readonly Session[], isMore: boolean): string {
  if (isMore) return texts.titleMany;
  const [only] = sessions;
  if (!only) return texts.titleNone;
  return sessions.length === 1 && only.is_current ? texts.titleHere : texts.title(sessions.length);
}

const Done: FC<Pick<Props, 'done'>> = ({ done }) => {
  if (!done) return <></>;
  const [fact, more] =
    'saved' in done ? [texts.saved, texts.savedMore] : [texts.endedFact(done.ended), texts.endedMore];
  return (
    <p class="panel" role="status">
      <b>{fact}.</b> {more}
    </p>
  );
};

const Sessions: FC<Pick<Props, 'sessions' | 'isLater' | 'next'> & { csrf: string }> = ({
  sessions,
  isLater,
  next,
  csrf,
}) => (
  <Section
    id="sessions"
    title={texts.sessions}
    aside={
      sessions.length > 1 && (
        <ActionButton action="/account/sessions/revocation" csrf={csrf} label={texts.endOthers} />
      )
    }
  >
    {sessions.length === 0 ? (
      <Empty fact={texts.none}>{texts.noneMore}</Empty>
    ) : (
      <Timetable>
        {sessions.map((session) => (
          <SessionRow session={session} csrf={csrf} />
        ))}
      </Timetable>
    )}
    {(isLater || next) && (
      <p class="more meta">
        {isLater && <a href="/account">{texts.first}</a>}{' '}
        {next && <a href={`/account?after=${next}`}>{texts.more}</a>}
      </p>
    )}
  </Section>
);

const SessionRow: FC<{ session: Session; csrf: string }> = ({ session, csrf }) => {
  const when = useWhen();
  const { id, browser, created_at: since, seen_at: used, ends_at: ends, is_current: isHere } = session;
  return (
    <Row
      at={<Time at={ends} as="time" />}
      caption={texts.untilUnused}
      title={
        <>
          {browser} {isHere && <span class="optional meta">{texts.here}</span>}
        </>
      }
      actions={
        isHere ? null : (
          <ActionButton
            action={`/account/sessions/${id}/revocation`}
            csrf={csrf}
            label={texts.end}
            about={texts.about(browser, momentWords(since, when))}
          />
        )
      }
    >
      <p class="meta">
        {texts.since}
        <Time at={since} /> {texts.by(session.method, session.provider?.name ?? null)}
        {texts.used}
        <Time at={used} />
      </p>
    </Row>
  );
};

const Mails: FC<{ items: Outside<NoticeChoices>['items']; faults: Faults; csrf: string }> = ({
  items,
  faults,
  csrf,
}) => (
  <Section id="mails" title={texts.mails}>
    <p class="more meta">{texts.mailsMore}</p>
    <Form action="/account/notices" csrf={csrf} class="stack">
      <div class="pairs">
        {items.map(({ topic, choice, choices }) => (
          <Segments
            name={topic}
            label={texts.topics[topic][0]}
            hint={texts.topics[topic][1]}
            value={choice}
            fault={faults[topic]}
            options={choices.map((one) => ({ value: one, label: texts.choices[one] }))}
          />
        ))}
      </div>
      <div class="acts">
        <button type="submit" class="main-action tall">
          {texts.save}
        </button>
      </div>
    </Form>
  </Section>
);
