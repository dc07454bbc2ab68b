import type { TenureError } from '../../domain/errors.ts';
import { problemResponse, problems } from '../problem.ts';
import { answer, type PageContext } from './answer.tsx';
import { RefusalPage } from './pages/refusal.tsx';

/** A refusal as whoever asked can read it: a page for somebody who goes to one with a browser, else a problem. */
export async function refuse(c: PageContext, refusal: TenureError): Promise<Response> {
  if (!goesToPage(c)) return problemResponse(refusal, c.req.path);
  const [status, title] = problems[refusal.code];
  return answer(c, <RefusalPage title={title} refusal={refusal} />, status);
}

function goesToPage(c: PageContext): boolean {
  return !c.req.path.startsWith('/v1/') && /\btext\/html\b/.test(c.req.header('accept') ?? '');
}
