import type { FC } from 'hono/jsx';
import type { ResourceView } from '../../../db/queries/resource.ts';
import type { ResourceScene } from '../../operations/read-resource-scene.ts';
import type { Outside } from '../../outside.ts';
import { AccessTable, type Held, laneOf } from '../components/access.tsx';
import { Axis, type Stretch } from '../components/axis.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, TextField } from '../components/form.tsx';
import { State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { addressOf, customerPage, personPage, resourcePage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { resourceTexts as texts } from '../texts/resources.ts';
import { localMinute } from '../when.ts';
import { asBeginning } from '../words.ts';

type Resource = Outside<ResourceView>;

/** What access can be held on. */
export const ResourcesPage: FC<{
  frame: Frame;
  resources: readonly Resource[];
  next: string | null;
  query: { find: string; customer: string };
  faults: Faults;
}> = ({ frame, resources, next, query, faults }) => {
  const isFound = query.find !== '' || query.customer !== '';
  const { columns } = texts;
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(resources.length, next !== null, isFound)}
      lead={isFound ? <a href="/resources">{texts.all}</a> : texts.lead}
      current="/resources"
    >
      <form method="get" action="/resources" role="search" class="filters">
        <TextField
          name="find"
          label={texts.find.label}
          type="search"
          value={query.find}
          fault={faults.customer ?? faults.find}
        />
        <button type="submit">{texts.find.act}</button>
      </form>
      <Section id="resources" title={texts.list}>
        {resources.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <table class="stacks" aria-labelledby="resources">
            <thead>
              <tr>
                <th>{columns.name}</th>
                <th>{columns.owner}</th>
                <th>{columns.place}</th>
                <th>{columns.data}</th>
                <th>{columns.may}</th>
              </tr>
            </thead>
            <tbody>
              {resources.map((one) => (
                <tr>
                  <td data-label={columns.name}>
                    <div>
                      <a href={resourcePage(one.key)}>
                        <b>{one.name}</b>
                      </a>
                      <small>{one.shared ? texts.shared : one.organization.name}</small>
                    </div>
                  </td>
                  <td data-label={columns.owner}>{nameOf(one.owner)}</td>
                  <td data-label={columns.place}>{one.region.toUpperCase()}</td>
                  <td data-label={columns.data}>{asBeginning(one.classification)}</td>
                  <td data-label={columns.may}>{texts.joined(one.entitlements.map(({ name }) => name))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <Onward count={resources.length} path="/resources" query={query} next={next} />
      </Section>
    </ConsolePage>
  );
};

/** Who holds what on a resource, and by which path. */
export const ResourcePage: FC<{
  frame: Frame;
  scene: Outside<ResourceScene>;
  stretch: Stretch;
  rights: { seesAll: boolean; findsPeople: boolean; readsReach: boolean };
}> = ({ frame, scene, stretch, rights }) => {
  const { resource, elevated, standing, lately } = scene;
  const held = [...elevated.items, ...standing.items];
  const people = new Set(held.map(({ person }) => person.id)).size;
  const isMore = elevated.next !== null || standing.next !== null;
  const reach = rights.readsReach ? addressOf('/reach', { resource: resource.key }) : null;
  return (
    <ConsolePage
      frame={frame}
      title={rights.seesAll ? texts.resource.title(people, isMore, resource.name) : resource.name}
      lead={rights.seesAll ? undefined : texts.resource.unseen}
      crumb={<a href="/resources">{texts.list}</a>}
      current="/resources"
    >
      <div class="beside">
        <div>
          <HeldHere
            id="held"
            title={texts.resource.held}
            items={elevated.items}
            more={elevated.next === null ? null : reach}
            findsPeople={rights.findsPeople}
            none={[texts.resource.nothing, texts.resource.nothingMore]}
          />
          <HeldHere
            id="by-role"
            title={texts.resource.byRole}
            items={standing.items}
            more={standing.next === null ? null : reach}
            findsPeople={rights.findsPeople}
            none={[texts.resource.nothingByRole, texts.resource.nothingByRoleMore]}
          />
        </div>
        <AboutResource resource={resource} findsPeople={rights.findsPeople} reach={reach} />
      </div>
      <Section id="lately" title={texts.resource.lately}>
        {lately.items.length === 0 ? (
          <p class="more meta">{texts.resource.nothingLately}</p>
        ) : (
          <Axis lanes={lately.items.map((one) => laneOf(one, rights))} stretch={stretch} />
        )}
        {lately.next !== null && reach !== null && (
          <p class="more meta">
            <a href={spanAddress(resource.key, stretch, frame.when.zone)}>{texts.resource.all}</a>
          </p>
        )}
      </Section>
    </ConsolePage>
  );
};

function spanAddress(resource: string, { from, to }: Stretch, zone: string): string {
  return addressOf('/reach', { resource, from: localMinute(from, zone), to: localMinute(to, zone) });
}

const HeldHere: FC<{
  id: string;
  title: string;
  items: readonly Held[];
  more: string | null;
  findsPeople: boolean;
  none: readonly [string, string];
}> = ({ id, title, items, more, findsPeople, none: [fact, sentence] }) => (
  <Section id={id} title={title} aside={more !== null && <a href={more}>{texts.resource.all}</a>}>
    {items.length === 0 ? (
      <Empty fact={fact}>{sentence}</Empty>
    ) : (
      <AccessTable items={items} label={title} shows={{ who: 'organization', findsPeople, what: true }} />
    )}
  </Section>
);

const AboutResource: FC<{ resource: Resource; findsPeople: boolean; reach: string | null }> = ({
  resource,
  findsPeople,
  reach,
}) => {
  const { facts } = texts.resource;
  const { organization } = resource;
  return (
    <section class="panel">
      <h2>{texts.resource.about}</h2>
      {resource.retired_at !== null && <State glyph="ended">{texts.resource.retired}</State>}
      <Facts
        facts={[
          [
            facts.owner,
            findsPeople ? (
              <a href={personPage(resource.owner.id)}>{nameOf(resource.owner)}</a>
            ) : (
              nameOf(resource.owner)
            ),
          ],
          [
            facts.whose,
            organization.kind === 'customer' ? (
              <a href={customerPage(organization.key)}>{organization.name}</a>
            ) : (
              asBeginning(resource.shared ? texts.shared : organization.name)
            ),
          ],
          [facts.region, resource.region.toUpperCase()],
          [facts.data, asBeginning(resource.classification)],
          [facts.kind, asBeginning(resource.kind)],
          [facts.by, resource.connector],
          [
            texts.resource.may,
            <ul>
              {resource.entitlements.map(({ key, name }) => (
                <li>
                  {reach === null ? (
                    name
                  ) : (
                    <a href={addressOf('/reach', { resource: resource.key, entitlement: key })}>{name}</a>
                  )}
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
      {resource.retired_at === null && (
        <div class="acts more">
          <a class="button main-action" href={addressOf('/requests/new', { resource: resource.key })}>
            {texts.resource.ask}
          </a>
          {reach !== null && (
            <a class="button" href={reach}>
              {texts.resource.reach}
            </a>
          )}
        </div>
      )}
    </section>
  );
};
