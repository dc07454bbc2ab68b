import { z } from '@hono/zod-openapi';
import { noticeTopicNames, noticeTopics } from '../../domain/notice.ts';

const choiceNames = ['at-once', 'hourly', 'off'] as const;

export const noticeChoicesShape = z
  .object({
    items: z.array(
      z.object({
        topic: z.enum(noticeTopicNames),
        choice: z.enum(choiceNames),
        choices: z.array(z.enum(choiceNames)).openapi({ description: 'How these messages can be wanted.' }),
      }),
    ),
  })
  .openapi('NoticeChoices', {
    description: 'What is about security, a contract or an invitation is always sent, and not here.',
    example: {
      items: [
        { topic: 'requests', choice: 'at-once', choices: ['at-once', 'off'] },
        { topic: 'reminders', choice: 'hourly', choices: ['at-once', 'hourly', 'off'] },
      ],
    },
  });

const { requests, reminders, decisions, begun, 'ends-soon': endsSoon, ended, operations } = noticeTopics;

export const chooseNoticesBody = z
  .strictObject({
    requests: z.enum(requests).optional().openapi({ description: 'A request waits for your decision.' }),
    reminders: z.enum(reminders).optional().openapi({ description: 'It still waits; a review is due.' }),
    decisions: z.enum(decisions).optional().openapi({ description: 'What became of your request.' }),
    begun: z.enum(begun).optional().openapi({ description: 'Your access begins.' }),
    'ends-soon': z.enum(endsSoon).optional().openapi({ description: 'Your access ends soon.' }),
    ended: z.enum(ended).optional().openapi({ description: 'Your access has ended, and by what.' }),
    operations: z
      .enum(operations)
      .optional()
      .openapi({ description: 'Fences that wait, onboardings that failed, what needs an owner.' }),
  })
  .openapi('NoticeChoiceWish', {
    description: 'Topics that are not named stay as they are.',
    example: { reminders: 'hourly', ended: 'off' },
  });
