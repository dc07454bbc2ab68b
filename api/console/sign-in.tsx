import type { FC, PropsWithChildren } from 'hono/jsx';
import type { GroupRole } from '../../domain/sign-in.ts';
import { csrfField } from '../guards/authenticate.ts';
import type { SignInRefusal } from '../operations/complete-sign-in.ts';
import { asset } from './assets.ts';
import { Page } from './page.tsx';
import { texts as passkeys } from './texts/passkeys.ts';

/** The names of the fields of the forms here. */
export const fields = { email: 'email', provider: 'provider', return: 'return' } as const;

/** What a browser brings back from a provider, and says again by a form of ours. */
export const comingBack = ['code', 'state', 'iss', 'error'] as const;

const Lead: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <div class="lead">
    <h1>{title}</h1>
    {children}
  </div>
);

/** Why an address led nowhere; whether there is such a person is never said. */
export const complaints = {
  'no-address': 'Write your work address in full, like sam@northwind.example.',
  'no-provider':
    'No organization here signs people in with this address. Use the address of your work, or open the link in your welcome message.',
  unreachable:
    'Your organization’s sign-in doesn’t answer. Nothing is wrong with your address; try again in a few minutes.',
  elsewhere:
    'This didn’t come from this page. Sign in here; if that doesn’t help, allow cookies for this page.',
  'too-often': 'Many people sign in from where you are. Wait a few seconds, then continue.',
} as const;
export type SignInComplaint = keyof typeof complaints;

/** Where everybody begins: an address, and what follows is their organization's. */
export const SignInPage: FC<{
  returnTo: string;
  email: string;
  /** The vendor's own provider, which its people need no address for. */
  vendor: { id: string; name: string } | null;
  /** Browsers make passkeys for this address. */
  hasPasskeys: boolean;
  complaint: SignInComplaint | null;
}> = ({ returnTo, email, vendor, hasPasskeys, complaint }) => (
  <Page title="Sign in" {...(hasPasskeys ? { script: asset('passkey.js') } : {})}>
    <Lead title="Sign in">
      <p class="meta">
        With your organization’s own sign-in{hasPasskeys && ', or a passkey where it has none'}. Tenure has no
        password of yours.
      </p>
    </Lead>
    {complaint && (
      <p class="note" role="alert">
        <b>You aren’t signed in yet.</b> {complaints[complaint]}
      </p>
    )}
    <form method="post" action="/sign-in" class="panel">
      <input type="hidden" name={fields.return} value={returnTo} />
      <label for="email">Work address</label>
      <input
        id="email"
        name={fields.email}
        type="email"
        value={email}
        autocomplete="username"
        inputmode="email"
        maxlength={320}
        required
      />
      <button type="submit">Continue</button>
    </form>
    {vendor && (
      <form method="post" action="/sign-in">
        <input type="hidden" name={fields.return} value={returnTo} />
        <button type="submit" class="outlined" name={fields.provider} value={vendor.id}>
          I work at {vendor.name}
        </button>
      </form>
    )}
    {hasPasskeys && (
      <form data-passkey="sign-in" data-return={returnTo} data-fallback={passkeys.failed} hidden>
        <p class="note" role="alert" data-said hidden></p>
        <button type="submit" class="outlined">
          {passkeys.signInWith}
        </button>
      </form>
    )}
  </Page>
);

/**
 * On the way to the provider. A form of ours may lead nowhere else, so that nobody can make it; from this page the browser goes on by
 * itself, or by the link.
 */
export const GoingPage: FC<{ url: string; name: string }> = ({ url, name }) => (
  <Page title={`Going to ${name}`} refresh={url}>
    <Lead title={`Going to ${name}`}>
      <p class="meta">You sign in there, and come back here.</p>
    </Lead>
    <p>
      <a href={url} rel="noreferrer">
        Go on to {name}
      </a>
    </p>
  </Page>
);

/** Coming back: opening this address changes nothing, pressing the button does; a small script presses it. */
export const CallbackPage: FC<{ came: Readonly<Record<string, string>> }> = ({ came }) => (
  <Page title="Signing in" script="/sign-in/continue.js">
    <Lead title="One step left">
      <p class="meta">Your organization has sent you back. Continue to finish signing in.</p>
    </Lead>
    <form method="post" action="/sign-in/callback" class="panel" id="continue">
      {comingBack.map(
        (name) => came[name] !== undefined && <input type="hidden" name={name} value={came[name]} />,
      )}
      <button type="submit">Continue</button>
    </form>
  </Page>
);

/** Presses the button of {@link CallbackPage}. */
export const continueScript = "document.getElementById('continue').requestSubmit();\n";

/** Fact first, then what to do. Which of several faults of a provider it is, its administrators find in the audit. */
const refusals: Record<SignInRefusal, readonly [string, string]> = {
  'no-attempt': [
    'This sign-in can’t be finished here',
    'It was begun in another browser, was used already, or took longer than 10 minutes. Begin again.',
  ],
  'provider-gone': [
    'The sign-in was changed meanwhile',
    'Your organization has just changed how it signs in. Begin again.',
  ],
  'provider-unreachable': [
    'Your organization’s sign-in doesn’t answer',
    'It let you through, but didn’t confirm it to us. Try again in a few minutes.',
  ],
  declined: [
    'You weren’t signed in',
    'Your organization’s sign-in ended without an answer, for example because it was cancelled. Begin again when you like.',
  ],
  'not-genuine': [
    'We couldn’t trust the answer',
    'What came back isn’t what your organization’s sign-in says about you. You aren’t signed in. If it happens again, tell your administrator.',
  ],
  'no-address': [
    'Your address is missing',
    'Your organization’s sign-in didn’t say which address is yours. Your administrator can let it say so.',
  ],
  'unverified-address': [
    'Your address isn’t confirmed',
    'Your organization’s sign-in hasn’t made sure that the address is yours. Confirm it there, then begin again.',
  ],
  'foreign-domain': [
    'This address is of another organization',
    'Only addresses of your organization’s own domains sign in here. Use that one.',
  ],
  unknown: [
    'You have no place here',
    'Your sign-in worked, but nobody has added you here, or your time here has ended. Your administrator can add you.',
  ],
  'other-subject': [
    'This address is somebody else’s account',
    'Another account of your organization’s sign-in uses it here already. Your administrator can tell which.',
  ],
  'other-person': [
    'That wasn’t the same person',
    'To go on, the one who is signed in here must confirm. You’re still signed in as before.',
  ],
  'being-added': [
    'You’re being added',
    'Your organization lets its people in by themselves. Your place is ready in a few seconds: sign in again then.',
  ],
  'no-seat': [
    'No seat is free',
    'Your organization lets its people in by themselves, but all its seats are taken. Your administrator can free one or ask for more.',
  ],
  'at-once': ['You signed in twice at once', 'One of the two was first. Begin again.'],
};

export const RefusedPage: FC<{ refusal: SignInRefusal }> = ({ refusal }) => {
  const [title, advice] = refusals[refusal];
  return (
    <Page title={title}>
      <Lead title={title}>
        <p class="meta">Nothing has changed.</p>
      </Lead>
      <p>{advice}</p>
      <p>
        <a href="/sign-in">Sign in</a>
      </p>
    </Page>
  );
};

/** Signed in already. */
export const SignedInPage: FC<{ name: string; organization: string; home: string; csrf: string }> = ({
  name,
  organization,
  home,
  csrf,
}) => (
  <Page title="You’re signed in">
    <Lead title={`You’re signed in, ${name}`}>
      <p class="meta">{organization}</p>
    </Lead>
    <p>
      <a href={home}>Go on</a>
    </p>
    <form method="post" action="/sign-out">
      <input type="hidden" name={csrfField} value={csrf} />
      <button type="submit" class="outlined">
        Sign out
      </button>
    </form>
  </Page>
);

export const SignedOutPage: FC = () => (
  <Page title="You’re signed out">
    <Lead title="You’re signed out">
      <p class="meta">
        This browser has nothing of yours any more. Your organization’s own sign-in may still know you.
      </p>
    </Lead>
    <p>
      <a href="/sign-in">Sign in</a>
    </p>
  </Page>
);

function groupWords(roles: readonly GroupRole[] | null): string {
  if (roles === null)
    return 'not said: they are too many, or no list of names. Let the provider say only those that are given to Tenure.';
  if (roles.length === 0) return 'none that gives a role';
  return roles.map(({ group, role }) => `${group} gives ${role}`).join(', ');
}

/** What a provider said when it was tried. */
export const TriedPage: FC<{
  provider: string;
  said: { email: string | null; name: string | null; amr: readonly string[]; acr: string | null };
  /** What their groups would give them; null: the provider did not say which they are in. */
  roles: readonly GroupRole[] | null;
  /** The mapping names no group, so that none matters. */
  isMapped: boolean;
  /** Where the provider is managed. */
  back: string;
  isForward: boolean;
  isDomainProven: boolean;
}> = ({ provider, said, roles, isMapped, back, isForward, isDomainProven }) => (
  <Page title={`${provider} works`}>
    <Lead title={`${provider} works`}>
      <p class="meta">
        Nobody was signed in by this. {isForward ? 'It can go live now.' : 'It stays as it is.'}
      </p>
    </Lead>
    {!isDomainProven && (
      <p class="note">
        <b>This address couldn’t sign in yet.</b> Its domain isn’t proven to be your organization’s.
      </p>
    )}
    <dl>
      <dt>Address</dt>
      <dd>{said.email ?? 'not said'}</dd>
      <dt>Name</dt>
      <dd>{said.name ?? 'not said'}</dd>
      <dt>How</dt>
      <dd>{said.amr.join(', ') || 'not said: whatever needs a second factor will ask for a passkey'}</dd>
      <dt>Level</dt>
      <dd>{said.acr ?? 'not said'}</dd>
      {isMapped && (
        <>
          <dt>Groups</dt>
          <dd>{groupWords(roles)}</dd>
        </>
      )}
    </dl>
    <p>
      <a href={back}>Back to sign-in settings</a>
    </p>
  </Page>
);

/** While the ledger does not answer. */
export const NotNowPage: FC = () => (
  <Page title="Not now">
    <Lead title="We can’t sign you in now">
      <p class="meta">That’s on our side. Your organization’s sign-in is fine.</p>
    </Lead>
    <p>Try again in a few minutes.</p>
  </Page>
);
