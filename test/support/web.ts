import { getRequestListener } from '@hono/node-server';
import type { ApiDeps } from '../../api/deps.ts';
import { type ApiHarness, apiOn } from './api.ts';
import { listen, type Listening } from './identity.ts';
import { type EphemeralLedger, ephemeralLedger } from './ledger.ts';

/** The API behind a real listener, as browsers reach it. */
export interface WebApi {
  http: ApiHarness;
  ledger: EphemeralLedger;
  /** Its public address, by name. */
  url: string;
  /** Somebody's browser, in which they are signed in. */
  as(email: string): Promise<Visitor>;
  /** A page as somebody finds it. */
  look(email: string, path: string): Promise<Shown>;
  /** Sends what somebody types, with the mark of that page's form. */
  send(email: string, page: string, path: string, typed?: Record<string, string>): Promise<Shown>;
  stop(): Promise<void>;
}

/** Starts it; who signs in needs a provider, too (`startIdentity`). */
export async function startWeb(differently: Partial<ApiDeps> = {}): Promise<WebApi> {
  const [ledger, server]: [EphemeralLedger, Listening] = await Promise.all([ephemeralLedger(), listen()]);
  const url = server.url.replace('127.0.0.1', 'localhost');
  const http = apiOn(ledger, { publicUrl: url, isLocal: true, ...differently });
  const answer = getRequestListener((request, env) => http.api.fetch(request, env));
  server.handle((request, response) => void answer(request, response));
  const visitors = new Map<string, Visitor>();
  const as = async (email: string): Promise<Visitor> => {
    const known = visitors.get(email);
    if (known) return known;
    const visitor = new Visitor();
    await signIn(visitor, url, email);
    visitors.set(email, visitor);
    return visitor;
  };
  const look = async (email: string, path: string) => (await as(email)).send(url + path);
  return {
    http,
    ledger,
    url,
    as,
    look,
    async send(email, page, path, typed = {}) {
      const { csrf = '' } = hiddenOf(await look(email, page));
      return (await as(email)).post(url + path, { csrf, ...typed });
    },
    async stop() {
      await server.stop();
      await http.stop();
    },
  };
}

/** A page as it was answered. */
export interface Shown {
  status: number;
  headers: Headers;
  text: string;
  url: string;
}

/** What a browser does without scripts: it keeps cookies, follows links and sends forms. */
export class Visitor {
  readonly cookies = new Map<string, Map<string, string>>();

  /** Cookies of a host, as a browser sends them: they ignore ports. */
  private jar(url: string): Map<string, string> {
    const { hostname } = new URL(url);
    const jar = this.cookies.get(hostname) ?? new Map<string, string>();
    this.cookies.set(hostname, jar);
    return jar;
  }

  /** The one cookie of that host whose name ends like this. */
  cookie(url: string, ending: string): string | undefined {
    return [...this.jar(url)].find(([name]) => name.endsWith(ending))?.[1];
  }

  keep(url: string, ending: string, value: string): void {
    const name = [...this.jar(url).keys()].find((known) => known.endsWith(ending));
    if (name === undefined) throw new Error(`There is no cookie ${ending}.`);
    this.jar(url).set(name, value);
  }

  /** Another browser with the same cookies. */
  copy(): Visitor {
    const other = new Visitor();
    for (const [host, jar] of this.cookies) other.cookies.set(host, new Map(jar));
    return other;
  }

  async send(url: string, init: RequestInit = {}): Promise<Shown> {
    const jar = this.jar(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    if (!headers.has('user-agent'))
      headers.set('user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0');
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { status: response.status, headers: response.headers, text: await response.text(), url };
  }

  /** Goes there, and on wherever it is sent. */
  async open(url: string): Promise<Shown> {
    let shown = await this.send(url);
    for (let hops = 0; hops < 10 && [301, 302, 303, 307].includes(shown.status); hops++)
      shown = await this.send(new URL(shown.headers.get('location') ?? '', shown.url).href);
    return shown;
  }

  /** Sends a form from a page of the same site. */
  post(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Shown> {
    return this.send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        origin: 'null',
        ...headers,
      },
      body: new URLSearchParams(form).toString(),
    });
  }

  /** The same, and on wherever that leads. */
  async submit(url: string, form: Record<string, string>): Promise<Shown> {
    const shown = await this.post(url, form);
    const onward = shown.headers.get('location');
    return onward === null ? shown : this.open(new URL(onward, url).href);
  }
}

/** Where a page on the way to a provider goes on by itself. */
export function onwardOf({ text }: Shown): string {
  const found = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(text)?.[1];
  if (found === undefined) throw new Error(`This page leads nowhere: ${text}`);
  return found.replaceAll('&amp;', '&');
}

/** What the page's form holds besides its buttons. */
export function hiddenOf({ text }: Shown): Record<string, string> {
  const inputs = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return Object.fromEntries(
    [...inputs].map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]),
  );
}

/** Everything a person does to sign in, up to the page with the last button. */
export async function comeBack(
  visitor: Visitor,
  web: string,
  email: string,
  how = 'mfa',
  returnTo = '',
): Promise<Shown> {
  const going = await visitor.post(`${web}/sign-in`, { email, return: returnTo });
  const interaction = await visitor.open(onwardOf(going));
  return visitor.submit(interaction.url, { person: email, how });
}

/** Signs in; the answer to the last button. */
export async function signIn(
  visitor: Visitor,
  web: string,
  email: string,
  how = 'mfa',
  returnTo = '',
): Promise<Shown> {
  const back = await comeBack(visitor, web, email, how, returnTo);
  return visitor.post(`${web}/sign-in/callback`, hiddenOf(back));
}
