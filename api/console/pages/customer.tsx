import type { FC } from 'hono/jsx';
import type { CustomerScene } from '../../operations/read-customer-scene.ts';
import { AccessTable, laneOf } from '../components/access.tsx';
import { Axis, type Stretch } from '../components/axis.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, TextField } from '../components/form.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { addressOf, customerPage } from '../links.ts';
import { newUserPath } from './customer-user.tsx';
import { consentPagePath } from './customer-consent.tsx';
import { axisTexts } from '../texts/axis.ts';
import { customerTexts as texts } from '../texts/customers.ts';
import { dayOf } from '../when.ts';
import { asBeginning } from '../words.ts';
import { CustomerStanding } from './customers.tsx';

/** The period whose accesses are listed, as it was typed, and what is wrong with it. */
export interface Period {
  /** `2026-11-22`, where the viewer is. */
  from: string;
  to: string;
  stretch: Stretch;
  faults: Faults;
}

type CustomerProps = {
  frame: Frame;
  scene: CustomerScene;
  vendor: string;
  /** How many days the axis shows, and which. */
  axis: { days: number; stretch: Stretch };
  period: Period;
  rights: { findsPeople: boolean; addsUsers: boolean };
};

/** Who from our team has or had access to a customer's data; and what it is to us. */
export const CustomerPage: FC<CustomerProps> = ({ frame, scene, vendor, axis, period, rights }) => {
  const { customer, access } = scene;
  return (
    <ConsolePage
      frame={frame}
      title={access ? texts.customer.titleNow(access.now.people, vendor, customer.name) : customer.name}
      lead={access ? texts.customer.lead : texts.customer.leadUnseen}
      crumb={<a href="/customers">{texts.list}</a>}
      current="/customers"
    >
      {access && <Lately frame={frame} customer={customer} access={access} axis={axis} rights={rights} />}
      <div class="beside">
        <div>
          {access && (
            <History
              frame={frame}
              customer={customer}
              during={access.during}
              period={period}
              rights={rights}
            />
          )}
          <Features scene={scene} rights={rights} />
        </div>
        <div>
          {access && <Evidence customer={customer} vendor={vendor} period={period} />}
          <About customer={customer} tier={scene.tier} vendor={vendor} rights={rights} />
        </div>
      </div>
    </ConsolePage>
  );
};

type Access = NonNullable<CustomerScene['access']>;

const Lately: FC<{
  frame: Frame;
  customer: CustomerScene['customer'];
  access: Access;
  axis: CustomerProps['axis'];
  rights: CustomerProps['rights'];
}> = ({ customer, access, axis, rights }) => (
  <Section
    id="lately"
    title={axis.days === 1 ? texts.customer.today : texts.customer.days(axis.days)}
    aside={
      <span class="segments">
        {[1, 7, 30].map((days) => (
          <a
            href={addressOf(customerPage(customer.key), { days: days === 1 ? null : String(days) })}
            aria-current={days === axis.days ? 'true' : undefined}
          >
            {days === 1 ? texts.customer.today : texts.customer.days(days)}
          </a>
        ))}
      </span>
    }
  >
    {access.today.items.length === 0 ? (
      <Empty fact={texts.customer.nothingToday}>{texts.customer.nothingTodayMore}</Empty>
    ) : (
      <Axis lanes={access.today.items.map((one) => laneOf(one, rights))} stretch={axis.stretch} />
    )}
    {access.today.next !== null && <p class="more meta">{axisTexts.newest(access.today.items.length)}</p>}
  </Section>
);

const History: FC<{
  frame: Frame;
  customer: CustomerScene['customer'];
  during: Access['during'];
  period: Period;
  rights: CustomerProps['rights'];
}> = ({ frame, customer, during, period, rights }) => {
  const last = new Date(Date.parse(period.stretch.to) - 1).toISOString();
  return (
    <Section
      id="history"
      title={texts.customer.history(dayOf(period.stretch.from, frame.when), dayOf(last, frame.when))}
      aside={texts.customer.count(during.items.length, during.next !== null)}
    >
      {during.items.length === 0 ? (
        <Empty fact={texts.customer.nothing}>{texts.customer.nothingMore}</Empty>
      ) : (
        <AccessTable
          items={during.items}
          label={texts.customer.historyLabel}
          shows={{ who: 'what', findsPeople: rights.findsPeople, approved: true }}
        />
      )}
      {during.next !== null && (
        <Onward
          count={during.items.length}
          path={customerPage(customer.key)}
          query={{ from: period.from, to: period.to }}
          next={during.next}
        />
      )}
    </Section>
  );
};

const Evidence: FC<{ customer: CustomerScene['customer']; vendor: string; period: Period }> = ({
  customer,
  vendor,
  period,
}) => {
  const { from, to } = period.stretch;
  return (
    <section class="panel">
      <h2>{texts.customer.evidence}</h2>
      <form method="get" action={customerPage(customer.key)} class="stack">
        <TextField
          name="from"
          label={texts.customer.from}
          type="date"
          value={period.from}
          fault={period.faults.from}
        />
        <TextField
          name="to"
          label={texts.customer.to}
          type="date"
          value={period.to}
          fault={period.faults.to}
        />
        <div class="acts">
          <button type="submit">{texts.customer.show}</button>
          <a
            class="button main-action"
            href={addressOf(`${customerPage(customer.key)}/access-report`, { from, to })}
            download
          >
            {texts.customer.export}
          </a>
        </div>
      </form>
      <p class="meta more">{texts.customer.evidenceMore(vendor)}</p>
    </section>
  );
};

const About: FC<{
  customer: CustomerScene['customer'];
  tier: string | null;
  vendor: string;
  rights: CustomerProps['rights'];
}> = ({ customer, tier, vendor, rights }) => {
  const { facts } = texts.customer;
  const { seats, contract } = customer;
  return (
    <section class="panel">
      <h2>{texts.customer.about}</h2>
      <Facts
        facts={[
          customer.state === 'active' ? null : [facts.state, <CustomerStanding state={customer.state} />],
          [facts.tier, tier ?? texts.noTier],
          [
            facts.seats,
            <>
              {texts.customer.seats(seats.used, seats.limit)}
              {seats.until && (
                <>
                  , {texts.customer.seatsUntil} <Time at={seats.until} as="day" />
                </>
              )}
            </>,
          ],
          contract && [facts.contract, asBeginning(contract.state)],
          contract && [
            facts.until,
            contract.until ? <Time at={contract.until} as="day" /> : texts.customer.noEnd,
          ],
          contract?.dunning_since
            ? [
                facts.payment,
                <>
                  {texts.customer.paymentLate} <Time at={contract.dunning_since} as="day" />
                </>,
                'differs',
              ]
            : null,
          customer.region === null ? null : [facts.region, customer.region.toUpperCase()],
          customer.customer_type === null ? null : [facts.type, asBeginning(customer.customer_type)],
          customer.onboarded_at === null ? null : [facts.since, <Time at={customer.onboarded_at} as="day" />],
          [facts.approves, texts.customer.approves(customer.approves_vendor_access, vendor)],
        ]}
      />
      <ul class="more links">
        {rights.findsPeople && (
          <li>
            <a href={addressOf('/people', { organization: customer.key })}>{texts.customer.users}</a>
          </li>
        )}
        {rights.addsUsers && customer.state !== 'ended' && (
          <li>
            <a href={newUserPath(customer.key)}>{texts.user.add}</a>
          </li>
        )}
        <li>
          <a href={addressOf('/resources', { customer: customer.key })}>{texts.customer.resources}</a>
        </li>
        {rights.findsPeople && (
          <li>
            <a href={addressOf('/audit', { customer: customer.key })}>{texts.customer.records}</a>
          </li>
        )}
      </ul>
    </section>
  );
};

const Features: FC<Pick<CustomerProps, 'scene' | 'rights'>> = ({
  scene: { customer, features, overrides },
  rights,
}) => {
  const named = Object.entries(features);
  return (
    <>
      <Section id="features" title={texts.customer.features}>
        {named.length === 0 ? (
          <p class="more meta">{texts.customer.noFeatures}</p>
        ) : (
          <div class="more">
            <Facts
              facts={named.map(
                ([name, isOn]) => [name, isOn ? texts.customer.on : texts.customer.off] as const,
              )}
            />
          </div>
        )}
      </Section>
      <Section id="overrides" title={texts.customer.overrides}>
        {overrides.length === 0 ? (
          <p class="more meta">{texts.customer.noOverrides}</p>
        ) : (
          <ul class="more stack">
            {overrides.map((one) => (
              <li>
                <b>{texts.customer.override(one.what)}</b>, {texts.customer.overrideUntil}{' '}
                <Time at={one.until} as="day" />
                <p class="meta">{texts.customer.overrideBy(one.approver, one.reason)}</p>
                {one.what.kind === 'consent' && rights.findsPeople && (
                  <p class="meta">
                    <a href={consentPagePath(customer.key)}>{texts.customer.whetherItCounts}</a>
                  </p>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
};
