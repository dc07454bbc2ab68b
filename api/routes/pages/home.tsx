import { answer, frameOf, goOn, html } from '../../console/answer.tsx';
import { HomePage } from '../../console/pages/home.tsx';
import { readHome } from '../../operations/read-home.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { pageToRead } from './common.ts';

const home = declare({
  ...pageToRead,
  path: '/',
  operationId: 'homePage',
  summary: 'What I hold and until when, what waits for me, what I asked for',
  rule: 'person',
  responses: {
    200: html('The page'),
    303: { description: 'A customer’s people go on to their panel or their account.' },
    ...problemsOf('unauthenticated'),
  },
});

export function homePages(app: Api): void {
  app.openapi(home, async (c) => {
    const caller = c.get('principal');
    if (caller.organization.kind === 'customer')
      return goOn(c, hasDuty(caller, 'administer-customer') ? '/admin' : '/account');
    const [frame, home] = await Promise.all([frameOf(c), readHome(c.get('deps'), caller)]);
    return answer(c, <HomePage frame={frame} home={home} />);
  });
}
