import { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type Access, gate, type Question } from './hono.ts';

/** What the application is given. */
export interface ApplicationOptions {
  /** Where Tenure is. */
  tenure: string;
  /** This application's token, from `tenure service-token make`. */
  token: string;
}

/** The customers of the example, with what its support sees of them. */
const customers: Record<string, { name: string; users: number; openTickets: number }> = {
  acme: { name: 'Acme', users: 41, openTickets: 3 },
  globex: { name: 'Globex', users: 12, openTickets: 1 },
  initech: { name: 'Initech', users: 4, openTickets: 0 },
};

/**
 * Pages about customers, each for those alone who hold `read` on that customer's environment now. Who somebody is it believes them, in
 * the place of a sign-in of its own: it is an example, and listens on this machine only.
 */
export function createApplication({ tenure, token }: ApplicationOptions) {
  const app = new Hono<{ Variables: { access: Access } }>();
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', tenure));

  const question = (person: string | undefined, key: string | undefined): Question | null =>
    person === undefined ? null : { person, resource: `${key}-env`, action: 'read' };

  app.get('/', (c) => c.html(page('Customers', list(getCookie(c, 'person')))));
  app.post('/session', async (c) => {
    const { person } = await c.req.parseBody();
    if (typeof person === 'string' && person !== '')
      setCookie(c, 'person', person, { httpOnly: true, sameSite: 'Lax' });
    else deleteCookie(c, 'person');
    return c.redirect('/', 303);
  });

  const gated = gate({
    tenure,
    token,
    question: (c) => question(getCookie(c, 'person'), c.req.param('key')),
    refuse: (c, status, asked) => c.html(page(refusals[status], refusal(tenure, status, asked)), status),
  });
  app.get('/customers/:key', gated, (c) => {
    const customer = customers[c.req.param('key')];
    if (!customer) return c.html(page('Not found', html`<p>There is no such customer.</p>`), 404);
    return c.html(page(customer.name, about(customer, c.get('access'))));
  });

  // The same for programs, without asking: by a grant's token, which is checked with the keys that Tenure publishes.
  app.get('/api/customers/:key', async (c) => {
    const key = c.req.param('key');
    const customer = customers[key];
    const shown = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    const rules = { issuer: tenure, audience: `${key}-env`, typ: 'grant+jwt', algorithms: ['RS256'] };
    const checked = await jwtVerify<{ grant: { entitlement: string } }>(shown, keys, rules).catch(() => null);
    if (checked?.payload.grant.entitlement !== 'read' || !customer)
      return c.json({ error: 'no access' }, 401);
    return c.json(customer);
  });
  return app;
}

type Markup = ReturnType<typeof html>;

function page(title: string, body: Markup): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Northwind support desk</title>
        <style>
          :root { color-scheme: light dark; }
          body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 2rem 1.25rem; }
          h1 { font-size: 1.5rem; }
          dt { opacity: 0.7; }
          dd { margin: 0 0 0.75rem; font-weight: 600; }
          input, button { font: inherit; padding: 0.5rem 0.75rem; min-height: 2.75rem; }
          li { padding: 0.375rem 0; }
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}

function list(person: string | undefined): Markup {
  const links = Object.entries(customers).map(
    ([key, { name }]) => html`<li><a href="/customers/${key}">${name}</a></li>`,
  );
  return html`<form method="post" action="/session">
      <p><label for="person">You are</label></p>
      <p>
        <input id="person" name="person" type="email" value="${person ?? ''}" placeholder="sam@northwind.example" />
        <button>Go on</button>
      </p>
    </form>
    <ul>
      ${links}
    </ul>`;
}

function about({ users, openTickets }: { users: number; openTickets: number }, { until }: Access): Markup {
  return html`<p>You have access until ${until ?? 'further notice'}.</p>
    <dl>
      <dt>Users</dt>
      <dd>${users}</dd>
      <dt>Open tickets</dt>
      <dd>${openTickets}</dd>
    </dl>
    <p><a href="/">All customers</a></p>`;
}

const refusals = { 401: 'Who are you?', 403: 'No access now', 503: 'No answer' };

function refusal(tenure: string, status: 401 | 403 | 503, asked: Question | null): Markup {
  if (status === 401) return html`<p><a href="/">Say who you are</a> first.</p>`;
  if (status === 503)
    return html`<p>Whether you have access cannot be told at the moment. Try again shortly.</p>`;
  return html`<p>
    You hold no access to this customer.
    <a href="${tenure}/requests/new?resource=${asked?.resource ?? ''}">Ask for it</a>, and come back when it is granted.
  </p>`;
}
