import type { FC } from 'hono/jsx';
import type { SessionView } from '../../../db/queries/session.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';
import { SignInFrame, type SignInPlace } from './sign-in-frame.tsx';

type OpenSessionRow = Outside<SessionView>;

interface SessionsProps {
  place: SignInPlace;
  sessions: readonly OpenSessionRow[];
  next: string | null;
  refusal: string | null;
}

/** Who of an organization is signed in now. */
export const SignedInNowPage: FC<SessionsProps> = ({ place, sessions, next, refusal }) => (
  <SignInFrame
    place={place}
    title={texts.sessionsTitle(place.organization, sessions.length, next !== null)}
    lead={texts.sessionsLead}
    isBelow
  >
    <div class="stack">
      <Refused fact={texts.wasNotDone} refusal={refusal} />
      <Section id="sessions" title={texts.signedIn}>
        <ul class="people">
          {sessions.map((session) => (
            <SessionRow place={place} session={session} />
          ))}
        </ul>
        {next && (
          <p class="more">
            <a href={`${place.base}/sessions?after=${encodeURIComponent(next)}`}>{texts.sessionsMore}</a>
          </p>
        )}
      </Section>
    </div>
  </SignInFrame>
);

const SessionRow: FC<{ place: SignInPlace; session: OpenSessionRow }> = ({ place, session }) => (
  <li>
    <div>
      <h3>{nameOf(session.person)}</h3>
      <p class="meta">
        {session.browser}
        {session.is_current && ` · ${texts.thisOne}`}
      </p>
    </div>
    <div>
      <p>
        {texts.signedInAt} <Time at={session.created_at} />, {session.provider?.name ?? texts.byPasskey}
      </p>
      <p class="meta">
        {texts.endsAt} <Time at={session.ends_at} />
      </p>
    </div>
    <div class="acts">
      <ActionButton
        action={`${place.base}/sessions/${session.id}/revocation`}
        csrf={place.frame.csrf}
        label={texts.end}
        about={`${nameOf(session.person)}, ${session.browser}`}
      />
    </div>
  </li>
);
