import type { FC } from 'hono/jsx';
import type { SignedKind } from '../../../domain/passkey.ts';
import type { StepUpWays } from '../../operations/read-step-up-ways.ts';
import { texts } from '../texts/passkeys.ts';
import { Glyph } from './glyph.tsx';

/** What a form's page knows of the step-up that the form needs first. */
export interface StepUpNeed {
  /** What the session lacks: a second factor, or a sign-in of just now. */
  lacking: 'mfa' | 'fresh';
  /** Whether a denial needs it, too, which policy asks nothing for. */
  isForAny?: boolean;
  ways: StepUpWays;
  kind: SignedKind;
  /** The request that it is about; none where there is none yet. */
  about?: string;
  /** What is signed, in words. */
  words: string;
  /** When the passkey is asked. */
  when: string;
}

/**
 * Says, beside a form, that it needs a step-up, and how: with a script and a passkey by sending it; else by signing in anew, which
 * keeps what was typed.
 */
export const StepUp: FC<{ need: StepUpNeed; form: string; returnTo: string }> = ({
  need,
  form,
  returnTo,
}) => {
  const { lacking, isForAny = false, ways, kind, about, words, when } = need;
  const hasKeys = ways.passkeys > 0;
  return (
    <div
      class="note wait"
      data-step-up={hasKeys ? form : undefined}
      data-for-any={isForAny ? '' : undefined}
      data-kind={kind}
      data-about={about}
      data-fallback={texts.failed}
    >
      <p class="state">
        <Glyph kind="waiting" /> <span>{texts.stepUp.fact[lacking]}</span>
      </p>
      {hasKeys ? (
        <>
          <p data-signs={texts.youSign('')}>{texts.youSign(words)}</p>
          <p class="meta">
            {texts.stepUp.why[lacking]} {when}
          </p>
        </>
      ) : (
        <p>
          {texts.stepUp.noKey}{' '}
          {ways.provider === null ? (
            texts.stepUp.nothing
          ) : (
            <a href="/account/passkeys">{texts.stepUp.addOne}</a>
          )}
        </p>
      )}
      <p class="fault" role="alert" data-said hidden></p>
      {ways.provider !== null && (
        <button
          type="submit"
          class={hasKeys ? 'link' : undefined}
          form={form}
          formaction={`/sign-in/step-up?return=${encodeURIComponent(returnTo)}`}
          formnovalidate
        >
          {texts.signInAnew(ways.provider)}
        </button>
      )}
    </div>
  );
};
