import { type IdPrefix, isId } from '../../../domain/ids.ts';
import { html } from '../../console/answer.tsx';
import { problemsOf } from '../../route.ts';

/** What a form is answered with: on to another page when it is done, else the page anew with what is wrong. */
export const formAnswers = {
  303: { description: 'It is done; the browser goes on.' },
  403: html('It is not allowed; nothing has changed'),
  409: html('It is not possible now; nothing has changed'),
  422: html('Something is missing or wrong; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'not-found'),
};

const shared = { isPage: true, tags: ['Pages'] as string[] } as const;

/** What declarations of pages have in common: of those that show something, and of the forms that they send. */
export const pageToRead = {
  ...shared,
  method: 'get',
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden', 'not-found') },
} as const;
export const pageToSend = { ...shared, method: 'post', reads: 'form', responses: formAnswers } as const;

/** The JSON object that a text is; null when it is none. */
export function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** The id after which a list goes on. An address that names none of its kind begins the list. */
export function idAfter(prefix: IdPrefix, named: string | undefined): string | null {
  return named !== undefined && isId(prefix, named) ? named : null;
}
