import type { Letter } from '../letter.ts';
import { asTime } from '../plain.ts';
import type { NoticeWords } from './notices.ts';

/** To whoever made a passkey, so that nobody makes one for them unseen. `at`: ISO 8601 UTC. */
export function passkeyEnrolled(words: NoticeWords & { publicUrl: string }, { at }: { at: string }): Letter {
  const { organization, vendor, publicUrl } = words;
  return {
    subject: `A passkey was added to your account at ${vendor}`,
    headline: 'A passkey was added to your account',
    paragraphs: [
      `On ${asTime(at)} somebody made a passkey with your name: it signs in as you, or confirms what you do.`,
      'Was it you? Then there is nothing to do.',
      'If it wasn’t, remove it now, end your other sessions, and tell your administrator.',
    ],
    action: { label: 'See your passkeys', url: `${publicUrl}/account/passkeys` },
    footer: [
      `You get this because you have an account of ${organization} at ${vendor}. It is sent whatever messages you have chosen.`,
    ],
  };
}
