import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { DueReview } from '../../../db/queries/review.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { keyWords } from '../texts/access.ts';
import { operationsTexts } from '../texts/operations.ts';
import { processTexts as texts } from '../texts/processes.ts';

type ReviewsProps = {
  frame: Frame;
  reviews: Outside<Page<DueReview>>;
  manages: boolean;
  me: string;
  picked: readonly string[];
  reason: string;
  faults: Faults;
  refusal: string | null;
};

/** Whose standing access lapses, to keep or to let end. */
export const ReviewsPage: FC<ReviewsProps> = ({ frame, reviews: { items, next }, manages, ...page }) => (
  <ConsolePage
    frame={frame}
    title={texts.reviews.title(items.length, next !== null)}
    lead={texts.reviews.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <Section id="reviews" title={texts.reviews.heading}>
      {items.length === 0 ? (
        <Empty fact={texts.reviews.none}>{texts.reviews.noneMore}</Empty>
      ) : manages ? (
        <Form action="/operations/reviews" csrf={frame.csrf}>
          <ReviewRows items={items} me={page.me} picked={page.picked} />
          <div class="more stack narrow">
            <Refused fact={texts.reviews.refused} refusal={page.refusal} />
            <TextArea
              name="reason"
              label={texts.reviews.reason}
              hint={texts.reviews.hint}
              value={page.reason}
              isRequired
              maxLength={500}
              fault={page.faults.reason}
            />
            <p class="meta">{texts.reviews.ends}</p>
            <button type="submit" class="main-action tall">
              {texts.reviews.act}
            </button>
          </div>
        </Form>
      ) : (
        <>
          <ReviewRows items={items} me={null} picked={[]} />
          <p class="more meta">{texts.reviews.readOnly}</p>
        </>
      )}
      <Onward count={items.length} path="/operations/reviews" query={{}} next={next} />
    </Section>
  </ConsolePage>
);

/** `me`: who may not keep their own; null where nobody keeps anything here. */
const ReviewRows: FC<{
  items: readonly Outside<DueReview>[];
  me: string | null;
  picked: readonly string[];
}> = ({ items, me, picked }) => (
  <Timetable>
    {items.map((one) => {
      const [name, role] = [nameOf(one.person), keyWords(one.role)];
      const line = `${one.person.id} ${one.role}`;
      return (
        <Row
          at={<Time at={one.until} as="day" />}
          caption={one.is_lapsed ? texts.reviews.lapsed : texts.reviews.until}
          tone={one.is_lapsed ? 'late' : 'soon'}
          title={<a href={personPage(one.person.id)}>{texts.reviews.row(name, role)}</a>}
          actions={
            me !== null &&
            one.person.id !== me && (
              <label class="tick-line">
                <input type="checkbox" name="line" value={line} checked={picked.includes(line)} />
                {texts.reviews.keep}
                <span class="unseen"> {texts.reviews.row(name, role)}</span>
              </label>
            )
          }
        >
          <p class="meta">
            {nameOf(one.organization)}, {texts.reviews.given} <Time at={one.given_at} as="day" />,{' '}
            {one.reviewed_at === null ? (
              texts.reviews.never
            ) : (
              <>
                {texts.reviews.reviewed} <Time at={one.reviewed_at} as="day" />
              </>
            )}
            . {one.person.id === me && texts.reviews.own}
          </p>
        </Row>
      );
    })}
  </Timetable>
);
