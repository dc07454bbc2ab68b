import type { FC, PropsWithChildren } from 'hono/jsx';
import type { GroupRole } from '../../domain/sign-in.ts';
import { csrfField } from '../guards/authenticate.ts';
import type { SignInRefusal } from '../operations/complete-sign-in.ts';
import { asset } from './assets.ts';
import { Page } from './page.tsx';
import { texts as passkeys } from './texts/passkeys.ts';
import { texts } from './texts/sign-in.ts';

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

export type SignInComplaint = keyof typeof texts.complaints;

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
  <Page title={texts.title} {...(hasPasskeys ? { script: asset('passkey.js') } : {})}>
    <Lead title={texts.title}>
      <p class="meta">{texts.lead(hasPasskeys)}</p>
    </Lead>
    {complaint && (
      <p class="note" role="alert">
        <b>{texts.notYet}</b> {texts.complaints[complaint]}
      </p>
    )}
    <form method="post" action="/sign-in" class="panel">
      <input type="hidden" name={fields.return} value={returnTo} />
      <label for="email">{texts.address}</label>
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
      <button type="submit">{texts.go}</button>
    </form>
    {vendor && (
      <form method="post" action="/sign-in">
        <input type="hidden" name={fields.return} value={returnTo} />
        <button type="submit" class="outlined" name={fields.provider} value={vendor.id}>
          {texts.vendor(vendor.name)}
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
  <Page title={texts.going.title(name)} refresh={url}>
    <Lead title={texts.going.title(name)}>
      <p class="meta">{texts.going.lead}</p>
    </Lead>
    <p>
      <a href={url} rel="noreferrer">
        {texts.going.link(name)}
      </a>
    </p>
  </Page>
);

/** Coming back: opening this address changes nothing, pressing the button does; a small script presses it. */
export const CallbackPage: FC<{ came: Readonly<Record<string, string>> }> = ({ came }) => (
  <Page title={texts.callback.title} script="/sign-in/continue.js">
    <Lead title={texts.callback.heading}>
      <p class="meta">{texts.callback.lead}</p>
    </Lead>
    <form method="post" action="/sign-in/callback" class="panel" id="continue">
      {comingBack.map(
        (name) => came[name] !== undefined && <input type="hidden" name={name} value={came[name]} />,
      )}
      <button type="submit">{texts.go}</button>
    </form>
  </Page>
);

/** Presses the button of {@link CallbackPage}. */
export const continueScript = "document.getElementById('continue').requestSubmit();\n";

export const RefusedPage: FC<{ refusal: SignInRefusal }> = ({ refusal }) => {
  const [title, advice] = texts.refusals[refusal];
  return (
    <Page title={title}>
      <Lead title={title}>
        <p class="meta">{texts.unchanged}</p>
      </Lead>
      <p>{advice}</p>
      <p>
        <a href="/sign-in">{texts.title}</a>
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
  <Page title={texts.signedIn.title}>
    <Lead title={texts.signedIn.heading(name)}>
      <p class="meta">{organization}</p>
    </Lead>
    <p>
      <a href={home}>{texts.signedIn.goOn}</a>
    </p>
    <form method="post" action="/sign-out">
      <input type="hidden" name={csrfField} value={csrf} />
      <button type="submit" class="outlined">
        {texts.signedIn.signOut}
      </button>
    </form>
  </Page>
);

export const SignedOutPage: FC = () => (
  <Page title={texts.signedOut.title}>
    <Lead title={texts.signedOut.title}>
      <p class="meta">{texts.signedOut.lead}</p>
    </Lead>
    <p>
      <a href="/sign-in">{texts.title}</a>
    </p>
  </Page>
);

function groupWords(roles: readonly GroupRole[] | null): string {
  if (roles === null) return texts.tried.groupsNotSaid;
  if (roles.length === 0) return texts.tried.noGroups;
  return roles.map(({ group, role }) => texts.tried.gives(group, role)).join(', ');
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
  <Page title={texts.tried.title(provider)}>
    <Lead title={texts.tried.title(provider)}>
      <p class="meta">
        {texts.tried.nobody} {isForward ? texts.tried.forward : texts.tried.stays}
      </p>
    </Lead>
    {!isDomainProven && (
      <p class="note">
        <b>{texts.tried.unproven}</b> {texts.tried.unprovenMore}
      </p>
    )}
    <dl>
      <dt>{texts.tried.address}</dt>
      <dd>{said.email ?? texts.tried.notSaid}</dd>
      <dt>{texts.tried.name}</dt>
      <dd>{said.name ?? texts.tried.notSaid}</dd>
      <dt>{texts.tried.how}</dt>
      <dd>{said.amr.join(', ') || texts.tried.howNotSaid}</dd>
      <dt>{texts.tried.level}</dt>
      <dd>{said.acr ?? texts.tried.notSaid}</dd>
      {isMapped && (
        <>
          <dt>{texts.tried.groups}</dt>
          <dd>{groupWords(roles)}</dd>
        </>
      )}
    </dl>
    <p>
      <a href={back}>{texts.tried.back}</a>
    </p>
  </Page>
);

/** While the ledger does not answer. */
export const NotNowPage: FC = () => (
  <Page title={texts.notNow.title}>
    <Lead title={texts.notNow.heading}>
      <p class="meta">{texts.notNow.lead}</p>
    </Lead>
    <p>{texts.notNow.more}</p>
  </Page>
);
