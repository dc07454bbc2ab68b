import type { FC } from 'hono/jsx';
import type { PasskeyView } from '../../../db/queries/passkey.ts';
import type { Outside } from '../../outside.ts';
import type { StepUpWays } from '../../operations/read-step-up-ways.ts';
import type { Frame } from '../components/console-page.tsx';
import { ActionButton, Form, TextField } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import { type PanelNames, PlacePage } from '../components/place-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { texts } from '../texts/passkeys.ts';

type Passkey = Outside<PasskeyView>;

/** What the page about one's passkeys is made of. */
export type PasskeysProps = {
  frame: Frame;
  panel: PanelNames | null;
  passkeys: readonly Passkey[];
  /** What keeps them from adding one now; null when nothing does. */
  lacking: 'address' | 'room' | 'step-up' | null;
  ways: StepUpWays;
  /** What a new one is called unless they say otherwise. */
  suggestion: string;
  refusal?: string | null;
  /** What was refused is a name, and not a removal. */
  notRenamed?: boolean;
  /** What they typed as the name of one, and what is wrong with it. */
  renaming?: { id: string; name: string; fault: string | undefined } | undefined;
};

/** One's own passkeys. */
export const PasskeysPage: FC<PasskeysProps> = ({
  frame,
  panel,
  passkeys,
  lacking,
  ways,
  suggestion,
  refusal = null,
  notRenamed = false,
  renaming,
}) => (
  <PlacePage
    frame={frame}
    panel={panel}
    current={null}
    title={texts.title(passkeys.length)}
    lead={texts.lead}
    crumb={<a href="/account">{texts.account}</a>}
    scripts={['passkey.js']}
  >
    <div class="stack">
      <Refused fact={notRenamed ? texts.notRenamed : texts.notRemoved} refusal={refusal} />
      <Section id="mine" title={texts.mine}>
        {passkeys.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <ul class="people">
            {passkeys.map((passkey) => (
              <PasskeyRow
                passkey={passkey}
                csrf={frame.csrf}
                renaming={renaming?.id === passkey.id ? renaming : undefined}
              />
            ))}
          </ul>
        )}
      </Section>
      <Section id="add" title={texts.add}>
        <div class="more narrow">
          <Add lacking={lacking} ways={ways} csrf={frame.csrf} suggestion={suggestion} />
        </div>
      </Section>
    </div>
  </PlacePage>
);

const PasskeyRow: FC<{ passkey: Passkey; csrf: string; renaming: PasskeysProps['renaming'] }> = ({
  passkey,
  csrf,
  renaming,
}) => {
  const { id, name, made_by, made_at, last_used_at, backed_up } = passkey;
  return (
    <li>
      <div>
        <h3>{name}</h3>
        <p class="meta">
          {made_by === 'welcome' ? texts.byWelcome : texts.bySelf} <Time at={made_at} />,{' '}
          {backed_up ? texts.synced : texts.bound}
        </p>
      </div>
      <p class="meta">
        {last_used_at ? (
          <>
            {texts.lastUsed} <Time at={last_used_at} />
          </>
        ) : (
          texts.neverUsed
        )}
      </p>
      <details open={renaming !== undefined}>
        <summary>
          {texts.rename}
          <span class="unseen"> {name}</span>
        </summary>
        <Form action={`/account/passkeys/${id}/renaming`} csrf={csrf} class="stack">
          <div class="field">
            <label for={`name-${id}`}>{texts.newName}</label>
            <input
              id={`name-${id}`}
              name="name"
              value={renaming?.name ?? name}
              maxlength={60}
              required
              autocomplete="off"
              aria-describedby={renaming?.fault ? `name-${id}-fault` : undefined}
              aria-invalid={renaming?.fault ? 'true' : undefined}
            />
            {renaming?.fault && (
              <p class="fault" id={`name-${id}-fault`}>
                {renaming.fault}
              </p>
            )}
          </div>
          <button type="submit">{texts.keepName}</button>
        </Form>
      </details>
      <div class="acts">
        <ActionButton
          action={`/account/passkeys/${id}/revocation`}
          csrf={csrf}
          label={texts.remove}
          about={name}
        />
      </div>
    </li>
  );
};

const Add: FC<Pick<PasskeysProps, 'lacking' | 'ways' | 'suggestion'> & { csrf: string }> = ({
  lacking,
  ways,
  csrf,
  suggestion,
}) => {
  if (lacking === 'address')
    return (
      <Note tone="soon" glyph="denied" fact={texts.unavailable}>
        {texts.unavailableMore}
      </Note>
    );
  if (lacking === 'room')
    return (
      <Note tone="wait" glyph="waiting" fact={texts.full}>
        {texts.fullMore}
      </Note>
    );
  return lacking === 'step-up' ? (
    <ConfirmFirst ways={ways} csrf={csrf} />
  ) : (
    <>
      <form class="stack" data-passkey="enrol" data-fallback={texts.failed} hidden>
        <TextField name="name" label={texts.nameLabel} hint={texts.nameHint} value={suggestion} isRequired />
        <p class="meta">{texts.addLead}</p>
        <p class="fault" role="alert" data-said hidden></p>
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.add}
          </button>
        </div>
      </form>
      <p class="meta" data-without-passkey>
        {texts.noScript}
      </p>
    </>
  );
};

/** By a passkey where they have one, else by their provider. */
const ConfirmFirst: FC<{ ways: StepUpWays; csrf: string }> = ({ ways, csrf }) => (
  <div class="stack">
    <div>
      <h3>{texts.confirmFirst}</h3>
      <p class="meta">{texts.confirmWhy}</p>
    </div>
    {ways.passkeys > 0 && (
      <form data-passkey="confirm" data-fallback={texts.failed} hidden>
        <p class="fault" role="alert" data-said hidden></p>
        <button type="submit" class="main-action tall">
          {texts.withPasskey}
        </button>
      </form>
    )}
    {ways.provider !== null && (
      <Form action="/sign-in/step-up" csrf={csrf}>
        <input type="hidden" name="return" value="/account/passkeys" />
        <button type="submit" class={ways.passkeys > 0 ? 'tall' : 'main-action tall'}>
          {texts.signInAnew(ways.provider)}
        </button>
      </Form>
    )}
    {ways.passkeys === 0 && ways.provider === null && <p>{texts.stepUp.nothing}</p>}
  </div>
);
