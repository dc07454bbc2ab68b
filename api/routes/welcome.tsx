import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { linkTokenHash } from '../../crypto/link-token.ts';
import { html } from '../console/answer.tsx';
import { draw } from '../console/draw.ts';
import { orSayNotNow } from '../console/or-say.ts';
import { pageHeaders, passkeyPageHeaders } from '../console/page.tsx';
import {
  ConfirmedPage,
  fields,
  MakePasskeyPage,
  NoWelcomePage,
  UnavailablePage,
  type WelcomeComplaint,
  WelcomePage,
} from '../console/welcome.tsx';
import type { ApiEnv } from '../env.ts';
import { isFromHere } from '../guards/same-origin.ts';
import { confirmWelcome, openWelcome, type Welcome } from '../operations/confirm-welcome.ts';
import { type Api, declare, plainProblems } from '../route.ts';
import { writeTicket } from '../sign-in/cookies.ts';

const tags = ['Pages'];
const params = z.object({ token: z.string().describe('From the message.') });
const pages = {
  404: html('The link cannot be used (any more)'),
  503: html('The ledger does not answer; nothing has changed'),
};

const open = declare({
  method: 'get',
  path: '/welcome/{token}',
  operationId: 'openWelcome',
  summary: 'The page that a welcome’s link opens',
  description: 'Opening it changes nothing, however often and by whomever.',
  rule: 'public',
  tags,
  request: { params },
  responses: { ...plainProblems, 200: html('The page'), ...pages },
});

const confirm = declare({
  method: 'post',
  path: '/welcome/{token}',
  operationId: 'confirmWelcome',
  summary: 'Confirm a welcome, from its own page',
  description:
    'Once. It takes what a browser sends from the page that it has opened: its cookie, the same in the form, and the ticked box.',
  rule: 'public',
  reads: 'form',
  tags,
  request: { params },
  responses: {
    ...plainProblems,
    200: html('It is confirmed'),
    403: html('The form did not come from the page that this browser opened; nothing has changed'),
    422: html('The box is not ticked; nothing has changed'),
    ...pages,
  },
});

export function welcomeRoutes(app: Api): void {
  app.openapi(open, (c) =>
    orNotNow(c, async () => {
      const welcome = await openWelcome(c.get('deps'), c.req.valid('param').token);
      return welcome ? ask(c, welcome, null) : nothing(c);
    }),
  );
  app.openapi(confirm, (c) =>
    orNotNow(c, async () => {
      const { token } = c.req.valid('param');
      const complaint = await complaintOf(c, token);
      if (complaint) {
        const welcome = await openWelcome(c.get('deps'), token);
        return welcome ? ask(c, welcome, complaint) : nothing(c);
      }
      const confirmed = await confirmWelcome(c.get('deps'), token);
      if (!confirmed) return nothing(c);
      const { ticket, hasProvider } = confirmed;
      if (ticket === null)
        return c.html(
          draw(<ConfirmedPage welcome={confirmed} hasProvider={hasProvider} />),
          200,
          pageHeaders,
        );
      await writeTicket(c, ticket);
      return c.html(draw(<MakePasskeyPage welcome={confirmed} />), 200, passkeyPageHeaders);
    }),
  );
}

type PageContext = Context<ApiEnv>;

/**
 * What is wrong with a confirmation, or null. A page elsewhere can make a browser post, but not with the cookie, and the
 * browser says where it came from; a scanner that submits what it finds ticks nothing, or ticks everything.
 */
async function complaintOf(c: PageContext, token: string): Promise<WelcomeComplaint | null> {
  const form: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
  const page = getCookie(c, cookieName(token));
  if (!isFromHere(c) || page === undefined || form[fields.page] !== page) return 'elsewhere';
  return form[fields.me] === 'yes' && form[fields.other] === undefined ? null : 'unticked';
}

/** The page with its form. A browser that has opened it before keeps its mark, so that a second tab hinders no first. */
function ask(c: PageContext, welcome: Welcome, complaint: WelcomeComplaint | null) {
  const { token = '' } = c.req.param();
  const name = cookieName(token);
  const known = getCookie(c, name);
  const page = known && /^[\w-]{22}$/.test(known) ? known : randomBytes(16).toString('base64url');
  const secure = c.get('deps').publicUrl.startsWith('https:');
  setCookie(c, name, page, { httpOnly: true, sameSite: 'Strict', secure, maxAge: 3_600 });
  const status = complaint === null ? 200 : complaint === 'elsewhere' ? 403 : 422;
  return c.html(
    draw(<WelcomePage welcome={welcome} page={page} complaint={complaint} />),
    status,
    pageHeaders,
  );
}

/** Cookies ignore ports: a name of its own for each link keeps pages, and installations, apart. It tells nothing. */
function cookieName(token: string): string {
  return `tenure-welcome-${(linkTokenHash(token) ?? '').slice(0, 12)}`;
}

function nothing(c: PageContext) {
  return c.html(draw(<NoWelcomePage />), 404, pageHeaders);
}

function orNotNow<T>(c: PageContext, work: () => Promise<T>) {
  return orSayNotNow(work, () => c.html(draw(<UnavailablePage />), 503, pageHeaders));
}
