import type { FC } from 'hono/jsx';
import type { Welcome } from '../operations/confirm-welcome.ts';
import { asset } from './assets.ts';
import { Page } from './page.tsx';
import { texts as passkeys } from './texts/passkeys.ts';

/** Why a confirmation was not taken, in words; nothing has changed then. */
export const complaints = {
  unticked: 'Tick the box to say that it’s you, then confirm.',
  elsewhere:
    'This didn’t come from the page that this browser opened. Confirm here; if that doesn’t help, allow cookies for this page.',
} as const;

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
  complaint: keyof typeof complaints | null;
}> = ({ welcome, page, complaint }) => (
  <Page title={`Confirm your access to ${welcome.vendor}`}>
    <div class="lead">
      <h1>{welcome.person}, confirm that you’re there</h1>
      <p class="meta">
        {welcome.organization} uses {welcome.vendor}, and you are named as one of its users.
      </p>
    </div>
    {complaint && (
      <p class="note" role="alert">
        <b>Nothing has changed yet.</b> {complaints[complaint]}
      </p>
    )}
    <Lapse welcome={welcome} />
    <form method="post" class="panel">
      <input type="hidden" name={fields.page} value={page} />
      <p hidden>
        <label>
          Leave this empty <input type="checkbox" name={fields.other} value="yes" tabindex={-1} />
        </label>
      </p>
      <label class="tick">
        <input type="checkbox" name={fields.me} value="yes" required />
        <span>
          I’m {welcome.person}, and I’m a user of {welcome.vendor} at {welcome.organization}.
        </span>
      </label>
      <button type="submit">Confirm</button>
    </form>
    <p class="small">
      Opening this page changed nothing. If you aren’t {welcome.person}, close it: without you nothing
      happens.
    </p>
    <p class="small">Nobody asks you for a password here, or by mail.</p>
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
  <Page title="You’re confirmed">
    <div class="lead">
      <h1>You’re confirmed, {welcome.person}</h1>
      <p class="meta">
        {welcome.vendor} for {welcome.organization}, <Time at={welcome.now} />
      </p>
    </div>
    <p>
      There is nothing more to do here. The link has done its work and opens nothing any more; you don’t need
      it again.
    </p>
    {hasProvider && (
      <p>
        {passkeys.welcome.provider(welcome.organization)} <a href="/sign-in">{passkeys.welcome.signIn}</a>
      </p>
    )}
  </Page>
);

/** For a link that leads nowhere, whatever the reason: which one it is, is nobody's business. */
export const NoWelcomePage: FC = () => (
  <Page title="This link can’t be used">
    <div class="lead">
      <h1>This link can’t be used</h1>
      <p class="meta">It was used, has run out, was replaced by a newer one, or isn’t complete.</p>
    </div>
    <p>If you have confirmed already, everything is set. You don’t need it again.</p>
    <p>
      If not, look for a newer message, or ask your administrator to invite you again: that brings a new link.
    </p>
  </Page>
);

/** While the ledger does not answer. */
export const UnavailablePage: FC = () => (
  <Page title="Not now">
    <div class="lead">
      <h1>We can’t read this link now</h1>
      <p class="meta">That’s on our side. The link stays as it was.</p>
    </div>
    <p>Open it again in a few minutes.</p>
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
          sent <Time at={welcome.createdAt} />
        </span>
        <b>
          works until <Time at={welcome.expiresAt} />
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
