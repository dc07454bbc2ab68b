import type { FC } from 'hono/jsx';
import { customerStates, type CustomerView } from '../../../db/queries/customer.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Select, TextField } from '../components/form.tsx';
import { State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { customerPage } from '../links.ts';
import { customerTexts as texts } from '../texts/customers.ts';
import { asBeginning } from '../words.ts';

type Customer = Outside<CustomerView>;

/** All customers, found by name. */
export const CustomersPage: FC<{
  frame: Frame;
  customers: readonly Customer[];
  next: string | null;
  query: { find: string; state: string };
}> = ({ frame, customers, next, query }) => {
  const isFound = query.find !== '' || query.state !== '';
  const { columns } = texts;
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(customers.length, next !== null, isFound)}
      lead={isFound ? <a href="/customers">{texts.all}</a> : texts.lead}
      current="/customers"
    >
      <form method="get" action="/customers" role="search" class="filters">
        <TextField name="find" label={texts.find.label} type="search" value={query.find} />
        <Select
          name="state"
          label={texts.find.state}
          value={query.state}
          options={[
            { value: '', label: texts.find.any },
            ...customerStates.map((state) => ({ value: state, label: texts.states[state] })),
          ]}
        />
        <button type="submit">{texts.find.act}</button>
      </form>
      <Section id="customers" title={texts.list}>
        {customers.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <table class="stacks" aria-labelledby="customers">
            <thead>
              <tr>
                <th>{columns.name}</th>
                <th>{columns.tier}</th>
                <th>{columns.users}</th>
                <th>{columns.region}</th>
                <th>{columns.since}</th>
              </tr>
            </thead>
            <tbody>
              {customers.map((customer) => (
                <tr>
                  <td data-label={columns.name}>
                    <div>
                      <a href={customerPage(customer.key)}>
                        <b>{customer.name}</b>
                      </a>
                      <CustomerStanding state={customer.state} />
                    </div>
                  </td>
                  <td data-label={columns.tier}>{asBeginning(customer.tier ?? texts.noTier)}</td>
                  <td data-label={columns.users}>{customer.users}</td>
                  <td data-label={columns.region}>{customer.region?.toUpperCase()}</td>
                  <td data-label={columns.since}>
                    {customer.onboarded_at && <Time at={customer.onboarded_at} as="day" />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <Onward count={customers.length} path="/customers" query={query} next={next} />
      </Section>
    </ConsolePage>
  );
};

/** Normal is quiet. */
export const CustomerStanding: FC<{ state: Customer['state'] }> = ({ state }) => {
  if (state === 'active') return <></>;
  const signs = {
    restricted: { glyph: 'waiting', tone: 'soon' },
    suspended: { glyph: 'late', tone: 'late' },
    ending: { glyph: 'held', tone: 'soon' },
    ended: { glyph: 'ended' },
  } as const;
  return <State {...signs[state]}>{texts.states[state]}</State>;
};
