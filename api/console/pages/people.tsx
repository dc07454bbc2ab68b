import type { FC } from 'hono/jsx';
import { employments, type PersonEntry } from '../../../db/queries/people.ts';
import type { Outside } from '../../outside.ts';
import { type Held } from '../components/access.tsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Form, Select, TextArea, TextField } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { personPage } from '../links.ts';
import { nameOf, thingWords } from '../request-words.ts';
import { accessTexts, keyWords } from '../texts/access.ts';
import { peopleTexts as texts } from '../texts/people.ts';
import { asBeginning } from '../words.ts';

type Entry = Outside<PersonEntry>;

/** What the list is narrowed to, as it was typed. */
export interface PeopleQuery {
  find: string;
  kind: string;
  organization: string;
  role: string;
}

/** Everybody whom Tenure knows, found by name. */
export const PeoplePage: FC<{
  frame: Frame;
  people: readonly Entry[];
  next: string | null;
  query: PeopleQuery;
  faults: Faults;
}> = ({ frame, people, next, query, faults }) => {
  const isNarrowed = Object.values(query).some((one) => one !== '');
  const by = query.role ? texts.by.role(keyWords(query.role)) : texts.by.filter;
  return (
    <ConsolePage
      frame={frame}
      title={isNarrowed ? texts.found(people.length, next !== null, by) : texts.title}
      lead={isNarrowed ? <a href="/people">{texts.everybody}</a> : texts.lead}
      current="/people"
    >
      <PeopleFilter query={query} faults={faults} />
      <Section id="people" title={texts.list}>
        {people.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <ul class="people even">
            {people.map((person) => (
              <PersonRow person={person} />
            ))}
          </ul>
        )}
        <Onward count={people.length} path="/people" query={{ ...query }} next={next} />
      </Section>
    </ConsolePage>
  );
};

const PeopleFilter: FC<{ query: PeopleQuery; faults: Faults }> = ({ query, faults }) => (
  <form method="get" action="/people" role="search" class="filters">
    <TextField name="find" label={texts.find.label} type="search" value={query.find} fault={faults.find} />
    <Select
      name="kind"
      label={texts.find.kind}
      value={query.kind}
      options={[
        { value: '', label: texts.find.anyKind },
        ...employments.map((kind) => ({ value: kind, label: texts.kinds[kind] })),
      ]}
    />
    <TextField
      name="organization"
      label={texts.find.organization}
      value={query.organization}
      fault={faults.organization}
    />
    {query.role && <input type="hidden" name="role" value={query.role} />}
    <button type="submit">{texts.find.act}</button>
  </form>
);

const PersonRow: FC<{ person: Entry }> = ({ person }) => (
  <li>
    <div>
      <h3>
        <a href={personPage(person.id)}>{person.name}</a>
      </h3>
      <p class="meta">{person.email}</p>
    </div>
    <div>
      <p>{person.title ?? asBeginning(person.roles.map(({ name }) => name).join(', ') || texts.noRole)}</p>
      <p class="meta">{person.organization.name}</p>
    </div>
    <div>
      <Standing person={person} />
      {person.next_end !== null && (
        <p class="meta">
          {texts.held(person.held)} <Time at={person.next_end} />
        </p>
      )}
    </div>
  </li>
);

/** Normal is quiet: who is active has no sign. */
export const Standing: FC<{ person: Pick<Entry, 'state'> }> = ({ person: { state } }) => {
  if (state === 'active') return <></>;
  const signs = {
    coming: { glyph: 'waiting', tone: 'wait' },
    suspended: { glyph: 'late', tone: 'late' },
    left: { glyph: 'ended' },
  } as const;
  return <State {...signs[state]}>{texts.states[state]}</State>;
};

/** End an access now, however it came. */
export const GrantEndPage: FC<{
  frame: Frame;
  grant: { id: string; request_id: string | null; person: Held['person'] } & Parameters<typeof thingWords>[0];
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
}> = ({ frame, grant, fields, faults, refusal }) => {
  const { revoke } = texts;
  const name = nameOf(grant.person);
  return (
    <ConsolePage
      frame={frame}
      title={revoke.title(name)}
      lead={revoke.lead(asBeginning(thingWords(grant)))}
      current="/people"
    >
      <div class="stack narrow">
        <Refused fact={revoke.refused} refusal={refusal} />
        {grant.request_id === null && <p>{revoke.byRole}</p>}
        <Form action={`/grants/${grant.id}/revocation`} csrf={frame.csrf} class="stack">
          <TextArea
            name="reason"
            label={revoke.why}
            hint={revoke.hint(name)}
            value={fields.reason}
            isRequired
            maxLength={2_000}
            fault={faults.reason}
          />
          <div class="acts">
            <button type="submit" class="main-action tall">
              {accessTexts.end}
            </button>
            <a class="button tall" href={personPage(grant.person.id)}>
              {revoke.back}
            </a>
          </div>
        </Form>
      </div>
    </ConsolePage>
  );
};
