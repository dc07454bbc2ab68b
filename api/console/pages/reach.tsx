import type { FC } from 'hono/jsx';
import type { ResourceView } from '../../../db/queries/resource.ts';
import type { Reach } from '../../operations/read-reach.ts';
import type { Outside } from '../../outside.ts';
import { AccessTable } from '../components/access.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Select, TextField } from '../components/form.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { addressOf, resourcePage } from '../links.ts';
import { accessTexts, keyWords } from '../texts/access.ts';
import { reachTexts as texts } from '../texts/reach.ts';

/** What is asked, as it was typed; instants as a form writes them, where the viewer is. */
export interface ReachQuery {
  resource: string;
  entitlement: string;
  customer: string;
  at: string;
  from: string;
  to: string;
}

/** What the form needs beside what was typed. */
export interface ReachChoice {
  /** The resource that is meant; null until it is known. */
  resource: Outside<ResourceView> | null;
  /** Those that may be meant. */
  found: readonly Outside<ResourceView>[];
  customers: readonly { key: string; name: string }[];
}

/** Who can reach something, by which path, now or then. */
export const ReachPage: FC<{
  frame: Frame;
  query: ReachQuery;
  choice: ReachChoice;
  answer: Outside<Reach> | null;
  faults: Faults;
}> = ({ frame, query, choice, answer, faults }) => (
  <ConsolePage
    frame={frame}
    title={answer ? titleOf(answer, query, choice) : texts.ask}
    lead={answer ? <When answer={answer} query={query} /> : texts.lead}
    current="/reach"
  >
    <ReachForm query={query} choice={choice} faults={faults} />
    {answer ? <Answer answer={answer} query={query} /> : <Candidates query={query} choice={choice} />}
  </ConsolePage>
);

function titleOf(answer: Outside<Reach>, query: ReachQuery, { customers }: ReachChoice): string {
  const { resource, items, next } = answer;
  const entitlement = resource.entitlements.find(({ key }) => key === query.entitlement)?.name ?? null;
  const customer = customers.find(({ key }) => key === query.customer)?.name ?? null;
  const people = new Set(items.map(({ person }) => person.id)).size;
  const isPast = query.at !== '' || query.from !== '';
  return texts.title(people, next !== null, isPast, texts.thing(resource.name, entitlement, customer));
}

const When: FC<{ answer: Outside<Reach>; query: ReachQuery }> = ({ answer: { at, from, to }, query }) => {
  if (from && to)
    return (
      <>
        <Time at={from} /> {accessTexts.to} <Time at={to} />
      </>
    );
  return query.at !== '' && at ? <Time at={at} /> : <>{texts.now}</>;
};

const ReachForm: FC<{ query: ReachQuery; choice: ReachChoice; faults: Faults }> = ({
  query,
  choice: { resource, customers },
  faults,
}) => {
  const { field } = texts;
  return (
    <form method="get" action="/reach" role="search" class="filters">
      <TextField
        name="resource"
        label={field.resource}
        type="search"
        value={resource?.key ?? query.resource}
        fault={faults.resource}
        isRequired
      />
      {resource && (
        <Select
          name="entitlement"
          label={field.entitlement}
          value={query.entitlement}
          fault={faults.entitlement}
          options={[
            { value: '', label: field.any },
            ...resource.entitlements.map(({ key, name }) => ({ value: key, label: name })),
          ]}
        />
      )}
      {resource?.shared && (
        <Select
          name="customer"
          label={field.customer}
          value={query.customer}
          fault={faults.customer}
          options={[
            { value: '', label: field.everybody },
            ...customers.map(({ key, name }) => ({ value: key, label: name })),
          ]}
        />
      )}
      <TextField
        name="at"
        label={field.at}
        aside={field.atHint}
        type="datetime-local"
        value={query.at}
        fault={faults.at}
      />
      <TextField
        name="from"
        label={field.from}
        type="datetime-local"
        value={query.from}
        fault={faults.from}
      />
      <TextField name="to" label={field.to} type="datetime-local" value={query.to} fault={faults.to} />
      <button type="submit" class="main-action">
        {field.act}
      </button>
    </form>
  );
};

/** Those that may be meant, where a name is not enough. */
const Candidates: FC<{ query: ReachQuery; choice: ReachChoice }> = ({
  query,
  choice: { resource, found },
}) => {
  if (resource !== null) return <></>;
  if (query.resource !== '' && found.length === 0)
    return <Empty fact={texts.noneFound}>{texts.noneFoundMore}</Empty>;
  return (
    <Section id="which" title={texts.which}>
      <ul class="people">
        {found.map((one) => (
          <li>
            <div>
              <h3>
                <a href={addressOf('/reach', { ...query, resource: one.key })}>{one.name}</a>
              </h3>
              <p class="meta">{one.key}</p>
            </div>
            <p class="meta">{one.organization.name}</p>
          </li>
        ))}
      </ul>
    </Section>
  );
};

const Answer: FC<{ answer: Outside<Reach>; query: ReachQuery }> = ({ answer, query }) => {
  const { resource, items, next, roles } = answer;
  const isPast = query.at !== '' || query.from !== '';
  return (
    <>
      <Section
        id="answer"
        title={texts.answer}
        aside={<a href={resourcePage(resource.key)}>{resource.name}</a>}
      >
        {items.length === 0 ? (
          <Empty fact={isPast ? texts.nobodyThen : texts.nobody}>{texts.nobodyMore}</Empty>
        ) : (
          <AccessTable
            items={items}
            label={texts.answer}
            // Who reads the whole record, as one does here, reads people, too.
            shows={{
              who: 'organization',
              findsPeople: true,
              what: query.entitlement === '' || resource.shared,
              approved: true,
            }}
          />
        )}
        <Onward count={items.length} path="/reach" query={{ ...query }} next={next} />
      </Section>
      <Section id="roles" title={texts.roles} aside={texts.revision(answer.revision)}>
        {roles.length === 0 ? (
          <p class="more meta">{texts.noRoles}</p>
        ) : (
          <div class="more stack">
            <ul class="stack">
              {roles.map((way) => (
                <li>
                  {accessTexts.roleGives(way.roles.map(keyWords), way.entitlements)}{' '}
                  <a href={addressOf('/people', { role: way.roles[0] })} class="keep">
                    {texts.people(way.people)}
                  </a>
                </li>
              ))}
            </ul>
            <p class="meta">{texts.rolesMore}</p>
          </div>
        )}
      </Section>
    </>
  );
};
