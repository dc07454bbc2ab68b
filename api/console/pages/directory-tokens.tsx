import type { FC } from 'hono/jsx';
import type { MadeScimToken, ScimTokens } from '../../operations/change-scim-token.ts';
import type { Outside } from '../../outside.ts';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, TextField } from '../components/form.tsx';
import { State } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { directoryTexts as texts } from '../texts/directory-tokens.ts';
import { SignInFrame, type SignInPlace } from './sign-in-frame.tsx';

export type Tokens = Outside<ScimTokens>;
type Token = Tokens['items'][number];

interface DirectoryProps {
  place: SignInPlace;
  tokens: Tokens;
  /** What was typed as a label. */
  label: string;
  faults: Faults;
}

/** A customer's directory: where it writes to, and the tokens that are good. Only its own administrators make one. */
export const Directory: FC<DirectoryProps> = ({ place, tokens, label, faults }) => {
  const good = tokens.items.filter(({ state }) => state === 'good');
  const former = tokens.items.length - good.length;
  return (
    <Section id="directory" title={texts.title}>
      <p class="more meta">{place.panel ? texts.more : texts.moreStaff}</p>
      <Facts facts={[[texts.address, <code class="breaks">{tokens.base_url}</code>]]} />
      {good.length === 0 ? (
        <p class="more">{texts.none}.</p>
      ) : (
        <ul class="people">
          {good.map((token) => (
            <TokenRow place={place} token={token} />
          ))}
        </ul>
      )}
      {former > 0 && <p class="more meta">{texts.former(former)}.</p>}
      {place.panel && good.length >= 2 && <p class="more meta">{texts.full}</p>}
      {place.panel && good.length < 2 && (
        <Form action={`${place.base}/tokens`} csrf={place.frame.csrf} class="narrow stack more">
          <TextField
            name="label"
            label={texts.label}
            hint={texts.labelHint}
            value={label}
            isRequired
            fault={faults['label']}
          />
          <div>
            <button type="submit">{texts.make}</button>
          </div>
        </Form>
      )}
    </Section>
  );
};

const TokenRow: FC<{ place: SignInPlace; token: Token }> = ({ place, token }) => (
  <li>
    <div>
      <h3>{token.label}</h3>
      <p class="meta">{texts.madeBy(nameOf(token.made_by), token.maker_has_left)}</p>
    </div>
    <div>
      <State glyph="held" tone="live">
        {texts.state[token.state]} <Time at={token.expires_at} />
      </State>
      <p class="meta">
        {token.last_used_at ? (
          <>
            {texts.used} <Time at={token.last_used_at} />
          </>
        ) : (
          texts.neverUsed
        )}
      </p>
    </div>
    <div class="acts">
      <ActionButton
        action={`${place.base}/tokens/${token.id}/revocation`}
        csrf={place.frame.csrf}
        label={texts.revoke}
        about={token.label}
      />
    </div>
  </li>
);

/** A new token, this once. */
export const MadeTokenPage: FC<{ place: SignInPlace; made: Outside<MadeScimToken> }> = ({ place, made }) => (
  <SignInFrame place={place} title={texts.madeTitle(made.label)} lead={texts.madeLead} isBelow>
    <div class="narrow stack">
      <Facts
        facts={[
          [texts.address, <code class="breaks">{made.base_url}</code>],
          [texts.token, <code class="breaks">{made.token}</code>],
          [texts.goodUntil, <Time at={made.expires_at} />],
        ]}
      />
      <div>
        <a class="button main-action tall" href={`${place.base}#directory`}>
          {texts.back}
        </a>
      </div>
    </div>
  </SignInFrame>
);
