import { appendAudit } from '../../db/audit.ts';
import { readNoticeChoices, writeNoticeChoices } from '../../db/queries/notice-preference.ts';
import { type NoticeChoice, noticeTopicNames, noticeTopics, type NoticeTopic } from '../../domain/notice.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';

/** How somebody wants the messages of one topic, and how these can be wanted. */
export interface NoticeChoiceView {
  topic: NoticeTopic;
  choice: NoticeChoice;
  choices: NoticeChoice[];
}

export interface NoticeChoices {
  items: NoticeChoiceView[];
}

type Chosen = Partial<Record<NoticeTopic, NoticeChoice | undefined>>;

/** Which messages the caller gets, topic by topic. What is about security, a contract or an invitation is always sent, and not here. */
export function findNoticeChoices(deps: ApiDeps, caller: PersonPrincipal): Promise<Outside<NoticeChoices>> {
  return reading(deps, caller, async (tx) => viewOf(await readNoticeChoices(tx, caller.personId)));
}

/** Chooses anew; topics that are not named stay as they are. Choosing what is chosen already writes nothing. */
export function chooseNotices(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: Chosen,
  idempotency: IdempotencyKey | null,
): Promise<Outside<NoticeChoices>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { personId, organization } = caller;
    const before = await readNoticeChoices(tx, personId);
    const chosen = noticeTopicNames.flatMap((topic) => {
      const choice = wish[topic];
      return choice === undefined || choice === choiceOf(before, topic) ? [] : [{ topic, choice }];
    });
    if (chosen.length > 0) {
      await writeNoticeChoices(tx, { personId, organizationId: organization.id }, chosen);
      await appendAudit(tx, {
        type: 'notices.chosen',
        actor: actorOf(caller),
        subject: { kind: 'person', id: personId },
        organizationId: organization.id,
        holderOrganizationId: organization.id,
        reason: chosen.map(({ topic, choice }) => `${topic}: ${choice}`).join(', '),
      });
    }
    return { answer: viewOf({ ...before, ...toChoices(chosen) }), lines: [] };
  });
}

function toChoices(chosen: readonly { topic: NoticeTopic; choice: NoticeChoice }[]): Chosen {
  return Object.fromEntries(chosen.map(({ topic, choice }) => [topic, choice]));
}

/** Where nothing was chosen the first choice holds. */
function choiceOf(chosen: Chosen, topic: NoticeTopic): NoticeChoice {
  return chosen[topic] ?? noticeTopics[topic][0];
}

function viewOf(chosen: Chosen): NoticeChoices {
  return {
    items: noticeTopicNames.map((topic) => ({
      topic,
      choice: choiceOf(chosen, topic),
      choices: [...noticeTopics[topic]],
    })),
  };
}
