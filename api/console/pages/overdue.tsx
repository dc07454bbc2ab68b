import type { FC } from 'hono/jsx';
import type { GrantView } from '../../../db/queries/grant.ts';
import type { Page } from '../../../db/queries/instant.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { LinkButton } from '../components/form.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { TenureLine } from '../components/tenure-line.tsx';
import { Time } from '../components/time.tsx';
import { type Grant, nameOf, thingWords } from '../request-words.ts';
import { operationsTexts as texts } from '../texts/operations.ts';
import { useWhen } from '../when.ts';

export const overduePath = '/operations/overdue';

/** Access that should have ended and is still there, with how often it was tried. */
export const OverdueRow: FC<{ grant: Grant; isMain?: boolean }> = ({ grant, isMain = false }) => {
  const { now } = useWhen();
  const title = texts.overdue(nameOf(grant.person), thingWords(grant));
  const href = grant.request_id === null ? `/people/${grant.person.id}` : `/requests/${grant.request_id}`;
  return (
    <Row
      at={texts.waits(Date.parse(now) - Date.parse(grant.due_at))}
      caption={texts.caption.overdue}
      tone="late"
      title={title}
      actions={<LinkButton href={href} label={texts.act.open} isMain={isMain} about={title} />}
    >
      <p class="meta">{texts.overdueMore(grant.attempts, grant.last_error)}</p>
      <TenureLine
        span={{ state: 'late', from: grant.from, until: grant.due_at }}
        begin={
          <>
            {texts.began} <Time at={grant.from} />
          </>
        }
        end={
          <>
            {texts.ended} <Time at={grant.due_at} />
          </>
        }
      />
    </Row>
  );
};

/** All that is past its end. */
export const OverduePage: FC<{ frame: Frame; grants: Outside<Page<GrantView>> }> = ({
  frame,
  grants: { items, next },
}) => (
  <ConsolePage
    frame={frame}
    title={texts.overduePage.title(items.length, next !== null)}
    lead={texts.overduePage.lead}
    crumb={<a href="/operations">{texts.way}</a>}
    current="/operations"
    live={{ kinds: ['grant'], says: texts.overduePage.title(items.length, next !== null) }}
  >
    <Section id="overdue" title={texts.overduePage.list}>
      {items.length === 0 ? (
        <Empty fact={texts.overduePage.none}>{texts.overduePage.noneMore}</Empty>
      ) : (
        <Timetable>
          {items.map((grant) => (
            <OverdueRow grant={grant} />
          ))}
        </Timetable>
      )}
      <Onward count={items.length} path={overduePath} query={{}} next={next} />
    </Section>
  </ConsolePage>
);
