import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { MailView } from '../../../db/queries/mail-view.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { ActionButton } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { nameOf } from '../request-words.ts';
import { operationsTexts as texts } from '../texts/operations.ts';
import { useWhen } from '../when.ts';

type Mail = Outside<MailView>;

export const mailsPath = '/operations/mails';

/** A mail that could not be sent, with the button that puts it back into its queue. */
export const MailRow: FC<{ mail: Mail; csrf: string; isMain?: boolean }> = ({
  mail,
  csrf,
  isMain = false,
}) => {
  const { now } = useWhen();
  const title = texts.mail(nameOf(mail.to));
  return (
    <Row
      at={texts.waits(Date.parse(now) - Date.parse(mail.created_at))}
      caption={texts.caption.mail}
      tone="soon"
      title={title}
      actions={
        <ActionButton
          action={`/operations/mails/${mail.id}/resending`}
          csrf={csrf}
          isMain={isMain}
          label={texts.act.mail}
          about={title}
        />
      }
    >
      <p class="meta">{texts.mailMore(texts.kinds(mail.kind), mail.tries, mail.last_error)}</p>
    </Row>
  );
};

/** Mails that could not be sent. */
export const MailsPage: FC<{ frame: Frame; mails: Outside<Page<MailView>>; refusal: string | null }> = ({
  frame,
  mails: { items, next },
  refusal,
}) => (
  <ConsolePage
    frame={frame}
    title={texts.mails.title(items.length, next !== null)}
    lead={texts.mails.lead}
    crumb={<a href="/operations">{texts.way}</a>}
    current="/operations"
  >
    <div class="stack">
      <Refused fact={texts.mails.refused} refusal={refusal} />
      <Section id="mails" title={texts.mails.list}>
        {items.length === 0 ? (
          <Empty fact={texts.mails.none}>{texts.mails.noneMore}</Empty>
        ) : (
          <Timetable>
            {items.map((mail) => (
              <MailRow mail={mail} csrf={frame.csrf} />
            ))}
          </Timetable>
        )}
        <Onward count={items.length} path={mailsPath} query={{}} next={next} />
      </Section>
    </div>
  </ConsolePage>
);
