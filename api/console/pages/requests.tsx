import type { FC } from 'hono/jsx';
import { requestStates } from '../../../domain/access-request.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Select, TextField } from '../components/form.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, thingWords } from '../request-words.ts';
import { requestListTexts as texts } from '../texts/requests.ts';
import { periodWords } from '../words.ts';
import { RequestState } from './home.tsx';

/** What the requests are narrowed to, as it was typed. */
export interface RequestQuery {
  state: string;
  person: string;
  customer: string;
  resource: string;
}

/** All requests that the viewer may see. */
export const RequestsPage: FC<{
  frame: Frame;
  requests: readonly AccessRequest[];
  next: string | null;
  query: RequestQuery;
  faults: Faults;
}> = ({ frame, requests, next, query, faults }) => {
  const isNarrowed = Object.values(query).some((one) => one !== '');
  const { find } = texts;
  return (
    <ConsolePage
      frame={frame}
      title={
        query.state === 'waiting'
          ? texts.waiting(requests.length, next !== null)
          : texts.title(requests.length, next !== null, isNarrowed)
      }
      lead={isNarrowed ? <a href="/requests">{texts.all}</a> : texts.lead}
      current="/requests"
    >
      <form method="get" action="/requests" role="search" class="filters">
        <Select
          name="state"
          label={find.state}
          value={query.state}
          options={[
            { value: '', label: find.any },
            ...requestStates.map((state) => ({ value: state, label: texts.states[state] })),
          ]}
        />
        <TextField name="person" label={find.person} value={query.person} fault={faults.person} />
        <TextField name="customer" label={find.customer} value={query.customer} fault={faults.customer} />
        <TextField name="resource" label={find.resource} value={query.resource} fault={faults.resource} />
        <button type="submit">{find.act}</button>
      </form>
      <Section id="requests" title={texts.list}>
        {requests.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <Timetable>
            {requests.map((request) => (
              <Row
                tone={request.state === 'waiting' ? 'wait' : undefined}
                at={<Time at={request.asked_at} as="time" />}
                caption={<Time at={request.asked_at} as="day" />}
                title={
                  <a href={`/requests/${request.reference}`}>
                    {texts.line(nameOf(request.person), thingWords(request), periodWords(request.period))}
                  </a>
                }
              >
                <RequestState request={request} />
                <p class="meta">
                  {request.reference}
                  {request.ticket && `, ${request.ticket}`}
                </p>
              </Row>
            ))}
          </Timetable>
        )}
        <Onward count={requests.length} path="/requests" query={{ ...query }} next={next} />
      </Section>
    </ConsolePage>
  );
};
