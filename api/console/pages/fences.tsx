import type { FC } from 'hono/jsx';
import type { FenceView } from '../../../db/queries/fence-view.ts';
import type { Page } from '../../../db/queries/instant.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { LinkButton } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { fenceTexts as texts } from '../texts/fences.ts';
import { operationsTexts } from '../texts/operations.ts';
import { useWhen } from '../when.ts';

export type Fence = Outside<FenceView>;

export const fencesPath = '/operations/fences';

/** How many would change, and whose. */
export function fenceTitle(fence: Fence): string {
  const where = fence.organization ? nameOf(fence.organization) : (fence.source ?? '');
  return fence.kind === 'people' ? texts.people(fence.waiting, where) : texts.customers(fence.waiting, where);
}

/** Who set a fence's changes off, and by what. */
export function fenceCause({ author, cause }: Fence): string {
  return texts.set(author ? nameOf(author) : null, texts.causes[cause]);
}

/** What waits for a second person, or did. */
export const FencesPage: FC<{ frame: Frame; fences: Outside<Page<FenceView>>; all: boolean }> = ({
  frame,
  fences: { items, next },
  all,
}) => (
  <ConsolePage
    frame={frame}
    title={all ? texts.list.titleAll : texts.list.title(items.length, next !== null)}
    lead={texts.list.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <div class="stack">
      <ListWays
        label={texts.list.which}
        ways={[
          [fencesPath, texts.list.open],
          [`${fencesPath}?state=all`, texts.list.all],
        ]}
        current={all ? `${fencesPath}?state=all` : fencesPath}
      />
      <Section id="fences" title={texts.list.heading}>
        {items.length === 0 ? (
          <Empty fact={texts.list.none}>{texts.list.noneMore}</Empty>
        ) : (
          <Timetable>
            {items.map((fence) => (
              <FenceRow fence={fence} />
            ))}
          </Timetable>
        )}
        <Onward count={items.length} path={fencesPath} query={{ state: all ? 'all' : null }} next={next} />
      </Section>
    </div>
  </ConsolePage>
);

/** One fence, among others or among all that needs a hand. */
export const FenceRow: FC<{ fence: Fence; isMain?: boolean }> = ({ fence, isMain = false }) => {
  const { now } = useWhen();
  const isOpen = fence.state === 'open';
  const at = isOpen ? (
    operationsTexts.waits(Date.parse(now) - Date.parse(fence.opened_at))
  ) : (
    <Time at={fence.closed_at ?? fence.opened_at} as="day" />
  );
  return (
    <Row
      at={at}
      caption={isOpen ? texts.waits : texts.closed}
      tone={isOpen ? 'soon' : undefined}
      title={isOpen ? fenceTitle(fence) : texts.over(fence.released, fence.discarded)}
      actions={
        <LinkButton
          href={`${fencesPath}/${fence.id}`}
          label={isOpen ? operationsTexts.act.decide : operationsTexts.act.open}
          isMain={isMain}
          about={fenceTitle(fence)}
        />
      }
    >
      <p class="meta">
        {fenceCause(fence)} {isOpen && texts.limit(fence.limit)}
      </p>
    </Row>
  );
};
