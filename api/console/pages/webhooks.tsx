import type { FC } from 'hono/jsx';
import type { WebhookView } from '../../../db/queries/webhook.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { ActionButton } from '../components/form.tsx';
import type { Tone } from '../components/note.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { nameOf } from '../request-words.ts';
import { operationsTexts } from '../texts/operations.ts';
import { webhookTexts as texts } from '../texts/webhooks.ts';
import { useWhen } from '../when.ts';

export type Webhook = Outside<WebhookView>;

export const webhooksPath = '/operations/webhooks';

/** The page of one of them. */
export const webhookPath = (id: string) => `${webhooksPath}/${encodeURIComponent(id)}`;

/** Where events are sent, how it does, and what brings it on: what was given up is sent again, what was stopped goes on. */
export const WebhookRow: FC<{ webhook: Webhook; csrf: string; isMain?: boolean }> = ({
  webhook,
  csrf,
  isMain = false,
}) => {
  const { now } = useWhen();
  const { id, pending, organization, disabled_for: reason, url } = webhook;
  const title = titleOf(webhook);
  const act = actOf(webhook);
  return (
    <Row
      at={operationsTexts.waits(Date.parse(now) - Date.parse(webhook.failing_since ?? webhook.created_at))}
      caption={webhook.failing_since === null ? texts.caption.made : texts.caption.failing}
      tone={tones[standingOf(webhook)]}
      title={<a href={webhookPath(id)}>{title}</a>}
      actions={
        act && (
          <ActionButton
            action={`${webhookPath(id)}/${act === 'resume' ? 'resumption' : 'resending'}`}
            csrf={csrf}
            isMain={isMain}
            label={texts.act[act]}
            about={title}
          />
        )
      }
    >
      <p class="meta">
        {texts.more(nameOf(organization), pending)} {texts.why(reason)}
      </p>
      <p class="meta breaks">{url}</p>
    </Row>
  );
};

type Standing = keyof typeof texts.row;

const tones: Readonly<Record<Standing, Tone | undefined>> = {
  stopped: 'late',
  dead: 'soon',
  failing: 'soon',
  paused: 'wait',
  well: undefined,
};
/** What needs somebody comes first. */
const inOrder: readonly Standing[] = ['stopped', 'dead', 'failing', 'paused', 'well'];

function standingOf({ state, dead, failing_since: failingSince }: Webhook): Standing {
  if (state === 'disabled') return 'stopped';
  if (dead > 0) return 'dead';
  if (state === 'paused') return 'paused';
  return failingSince === null ? 'well' : 'failing';
}

/** How it does, as a sentence. */
export const titleOf = (webhook: Webhook) =>
  texts.row[standingOf(webhook)](webhook.description, webhook.dead);

/** What was stopped must go on before anything is sent again. */
function actOf({ state, dead }: Webhook): 'resume' | 'resend' | null {
  if (state !== 'live') return 'resume';
  return dead > 0 ? 'resend' : null;
}

/** All of them. */
export const WebhooksPage: FC<{ frame: Frame; webhooks: readonly Webhook[] }> = ({ frame, webhooks }) => (
  <ConsolePage
    frame={frame}
    title={texts.title(webhooks.filter(({ state }) => state === 'live').length, webhooks.length)}
    lead={texts.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <Section id="webhooks" title={texts.list}>
      {webhooks.length === 0 ? (
        <Empty fact={texts.none}>{texts.noneMore}</Empty>
      ) : (
        <Timetable>
          {inOrder.flatMap((standing) =>
            webhooks
              .filter((one) => standingOf(one) === standing)
              .map((webhook) => <WebhookRow webhook={webhook} csrf={frame.csrf} />),
          )}
        </Timetable>
      )}
    </Section>
  </ConsolePage>
);
