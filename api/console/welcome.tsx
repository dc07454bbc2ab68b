import type { FC } from 'hono/jsx';
import type { Welcome } from '../operations/confirm-welcome.ts';
import { asset } from './assets.ts';
import { Page } from './page.tsx';
import { texts as passkeys } from './texts/passkeys.ts';
import { texts } from './texts/welcome.ts';

export type WelcomeComplaint = keyof typeof texts.complaints;

/** The names of the form's fields. */
export const fields = {
  /** Says which browser opened the page; the same stands in its cookie. */
  page: 'page',
  /** Ticked by whoever it is for. */
  me: 'me',
  /** Shown to nobody. What fills in whatever it finds fills it in, too. */
  other: 'somebody_else',
} as const;

/** The page that a welcome's link opens. Opening it, however often and by whomever, changes nothing. */
export const WelcomePage: FC<{
  welcome: Welcome;
  page: string;
  complaint: WelcomeComplaint | null;
}> = ({ welcome, page, complaint }) => (
  <Page title={texts.title(welcome.vendor)}>
    <div class="lead">
      <h1>{texts.heading(welcome.person)}</h1>
      <p class="meta">{texts.lead(welcome)}</p>
    </div>
    {complaint && (
      <p class="note" role="alert">
        <b>{texts.unchanged}</b> {texts.complaints[complaint]}
      </p>
    )}
    <Lapse welcome={welcome} />
    <form method="post" class="panel">
      <input type="hidden" name={fields.page} value={page} />
      <p hidden>
        <label>
          {texts.leaveEmpty} <input type="checkbox" name={fields.other} value="yes" tabindex={-1} />
        </label>
      </p>
      <label class="tick">
        <input type="checkbox" name={fields.me} value="yes" required />
        <span>{texts.itsMe(welcome)}</span>
      </label>
      <button type="submit">{texts.confirm}</button>
    </form>
    <p class="small">{texts.ifNotYou(welcome.person)}</p>
    <p class="small">{texts.noPassword}</p>
  </Page>
);

/** After it was confirmed, by somebody who signs in by a passkey: this browser can make it now. */
export const MakePasskeyPage: FC<{ welcome: Welcome }> = ({ welcome }) => (
  <Page title={passkeys.welcome.title(welcome.person)} script={asset('passkey.js')}>
    <div class="lead">
      <h1>{passkeys.welcome.title(welcome.person)}</h1>
      <p class="meta">{passkeys.welcome.lead}</p>
    </div>
    <form class="panel" data-passkey="welcome" data-fallback={passkeys.failed} hidden>
      <p class="small">{passkeys.welcome.offer}</p>
      <p class="note" role="alert" data-said hidden></p>
      <button type="submit">{passkeys.welcome.make}</button>
    </form>
    <p class="note" data-without-passkey>
      {passkeys.noScript}
    </p>
    <p class="small">{passkeys.welcome.done}</p>
  </Page>
);

/** After it was confirmed. */
export const ConfirmedPage: FC<{ welcome: Welcome; hasProvider: boolean }> = ({ welcome, hasProvider }) => (
  <Page title={texts.confirmed.title}>
    <div class="lead">
      <h1>{texts.confirmed.heading(welcome.person)}</h1>
      <p class="meta">
        {texts.confirmed.access(welcome)}, <Time at={welcome.now} />
      </p>
    </div>
    <p>{texts.confirmed.done}</p>
    {hasProvider && (
      <p>
        {passkeys.welcome.provider(welcome.organization)} <a href="/sign-in">{passkeys.welcome.signIn}</a>
      </p>
    )}
  </Page>
);

/** For a link that leads nowhere, whatever the reason: which one it is, is nobody's business. */
export const NoWelcomePage: FC = () => (
  <Page title={texts.none.title}>
    <div class="lead">
      <h1>{texts.none.title}</h1>
      <p class="meta">{texts.none.why}</p>
    </div>
    <p>{texts.none.confirmed}</p>
    <p>{texts.none.otherwise}</p>
  </Page>
);

/** While the ledger does not answer. */
export const UnavailablePage: FC = () => (
  <Page title={texts.notNow.title}>
    <div class="lead">
      <h1>{texts.notNow.heading}</h1>
      <p class="meta">{texts.notNow.lead}</p>
    </div>
    <p>{texts.notNow.more}</p>
  </Page>
);

/** The tenure line of a thing that waits: dots, fainter for the part gone by, and a tick where it lapses. */
const Lapse: FC<{ welcome: Welcome }> = ({ welcome }) => {
  const [from, now, until] = [welcome.createdAt, welcome.now, welcome.expiresAt].map((at) => Date.parse(at));
  const share = ((now ?? 0) - (from ?? 0)) / ((until ?? 0) - (from ?? 0));
  const gone = `${Math.round(Math.min(Math.max(share, 0), 1) * 1_000) / 10}%`;
  return (
    <figure class="line">
      <svg aria-hidden="true">
        <line class="gone" x1="0" x2={gone} y1="7" y2="7" />
        <line class="left" x1={gone} x2="100%" y1="7" y2="7" />
        <svg x="100%" overflow="visible">
          <rect class="end" x="-3" y="0" width="3" height="14" />
        </svg>
      </svg>
      <figcaption>
        <span>
          {texts.sent} <Time at={welcome.createdAt} />
        </span>
        <b>
          {texts.worksUntil} <Time at={welcome.expiresAt} />
        </b>
      </figcaption>
    </figure>
  );
};

const Time: FC<{ at: string }> = ({ at }) => <time datetime={at}>{inWords(at)}</time>;

function inWords(at: string): string {
  const instant = new Date(at);
  const day = instant.toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long' });
  const time = instant.toLocaleTimeString('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
  return `${day}, ${time} UTC`;
}
