import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { DeliveryView } from '../../../db/queries/webhook-delivery.ts';
import type { DeliveryState } from '../../../domain/webhook.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Refused, type Tone } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { addressOf } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { webhookTexts as texts } from '../texts/webhooks.ts';
import { titleOf, type Webhook, webhookPath, webhooksPath } from './webhooks.tsx';

type Delivery = Outside<DeliveryView>;

/** The ways in which its deliveries are narrowed. */
export const deliveryWays = ['all', 'dead', 'pending'] as const;
export type DeliveryWay = (typeof deliveryWays)[number];

interface Props {
  frame: Frame;
  webhook: Webhook;
  deliveries: Outside<Page<DeliveryView>>;
  way: DeliveryWay;
  refusal: string | null;
}

/** Where events are sent, what became of each, and what was given up, to be sent again. */
export const WebhookPage: FC<Props> = ({ frame, webhook, deliveries, way, refusal }) => (
  <ConsolePage
    frame={frame}
    title={titleOf(webhook)}
    lead={texts.why(webhook.disabled_for) || undefined}
    crumb={<a href={webhooksPath}>{texts.list}</a>}
    current="/operations"
  >
    <div class="stack">
      <Refused fact={texts.refused} refusal={refusal} />
      <div class="beside">
        <Section id="about" title={texts.about}>
          <WebhookFacts webhook={webhook} />
        </Section>
        <div>
          <Doing csrf={frame.csrf} webhook={webhook} />
        </div>
      </div>
      <Deliveries csrf={frame.csrf} webhook={webhook} deliveries={deliveries} way={way} />
    </div>
  </ConsolePage>
);

const WebhookFacts: FC<{ webhook: Webhook }> = ({ webhook }) => {
  const { security_events: stream, types } = webhook;
  return (
    <Facts
      facts={[
        [texts.facts.state, texts.states[webhook.state]],
        webhook.failing_since === null ? null : [texts.facts.failing, <Time at={webhook.failing_since} />],
        [texts.facts.address, <span class="breaks">{webhook.url}</span>],
        [texts.facts.organization, nameOf(webhook.organization)],
        stream
          ? [texts.facts.stream, <span class="breaks">{texts.securityEvents(stream.audience)}</span>]
          : [texts.facts.events, types.length === 0 ? texts.allEvents : types.join(', ')],
        stream?.asked_status ? [texts.facts.asked, texts.asked[stream.asked_status]] : null,
        webhook.former_secret_until === null
          ? null
          : [texts.facts.former, <Time at={webhook.former_secret_until} />],
        [
          texts.facts.made,
          <>
            {nameOf(webhook.made_by)}, <Time at={webhook.created_at} />
          </>,
        ],
      ]}
    />
  );
};

/** What brings it on comes first, and a test where nothing hinders it. */
const Doing: FC<{ csrf: string; webhook: Webhook }> = ({ csrf, webhook: { id, state, dead } }) => {
  const address = webhookPath(id);
  const isLive = state === 'live';
  return (
    <div class="panel stack">
      <h2>{texts.doing}</h2>
      {!isLive && (
        <Deed action={`${address}/resumption`} csrf={csrf} label={texts.act.resume} isMain>
          {texts.resumeMore}
        </Deed>
      )}
      {dead > 0 && (
        <Deed action={`${address}/resending`} csrf={csrf} label={texts.resendAll} isMain={isLive}>
          {texts.resendMore(dead)}
        </Deed>
      )}
      <Deed action={`${address}/test`} csrf={csrf} label={texts.test}>
        {texts.testMore}
      </Deed>
      {isLive && (
        <Deed action={`${address}/pause`} csrf={csrf} label={texts.pause}>
          {texts.pauseMore}
        </Deed>
      )}
    </div>
  );
};

const Deed: FC<{ action: string; csrf: string; label: string; isMain?: boolean; children?: string }> = ({
  children,
  ...button
}) => (
  <>
    <p>{children}</p>
    <ActionButton {...button} />
  </>
);

const Deliveries: FC<{ csrf: string } & Pick<Props, 'webhook' | 'deliveries' | 'way'>> = ({
  csrf,
  webhook: { id },
  deliveries: { items, next },
  way,
}) => {
  const path = webhookPath(id);
  const stateOf = (one: DeliveryWay) => (one === 'all' ? null : one);
  const address = (one: DeliveryWay) => addressOf(path, { state: stateOf(one) });
  return (
    <Section id="deliveries" title={texts.deliveries}>
      <ListWays
        label={texts.which}
        ways={deliveryWays.map((one) => [address(one), texts.ways[one]])}
        current={address(way)}
      />
      {items.length === 0 ? (
        <Empty fact={texts.noDeliveries[way]}>{texts.noDeliveriesMore}</Empty>
      ) : (
        <Timetable>
          {items.map((delivery) => (
            <DeliveryRow csrf={csrf} delivery={delivery} path={path} />
          ))}
        </Timetable>
      )}
      <Onward count={items.length} path={path} query={{ state: stateOf(way) }} next={next} />
    </Section>
  );
};

const tones: Readonly<Record<DeliveryState, Tone | undefined>> = {
  pending: 'wait',
  delivered: undefined,
  dead: 'soon',
};

const DeliveryRow: FC<{ csrf: string; delivery: Delivery; path: string }> = ({ csrf, delivery, path }) => (
  <Row
    at={<Time at={delivery.created_at} as="time" />}
    caption={<Time at={delivery.created_at} as="day" />}
    tone={tones[delivery.state]}
    title={<span class="breaks">{delivery.type}</span>}
    actions={
      delivery.state !== 'pending' && (
        <ActionButton
          action={`${path}/deliveries/${delivery.id}/resending`}
          csrf={csrf}
          label={texts.act.resend}
          about={delivery.id}
        />
      )
    }
  >
    <p class="meta">
      {texts.delivery[delivery.state](delivery.tries)}{' '}
      {texts.answered(delivery.last_status, delivery.last_error)}
      {delivery.due_at !== null && delivery.tries > 0 && (
        <>
          {' '}
          {texts.next} <Time at={delivery.due_at} />.
        </>
      )}
    </p>
    <p class="meta mono breaks">{delivery.id}</p>
  </Row>
);
