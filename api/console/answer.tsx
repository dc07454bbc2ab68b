import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z as Zod } from 'zod';
import type { FieldError, TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import type { ApiEnv } from '../env.ts';
import { readFrame } from '../operations/read-frame.ts';
import { refusalOf } from '../problem.ts';
import { draw } from './draw.ts';
import type { Faults } from './components/form.tsx';
import type { Frame } from './components/console-page.tsx';
import { privateHeaders } from './components/html-page.tsx';
import type { Watch } from './components/live.tsx';
import { placesOf } from './ways.ts';
import { knownZone } from './when.ts';

export type PageContext = Context<ApiEnv>;

/**
 * What a page may do: show itself with our own style sheet, font, scripts and pictures, talk to us, and post its forms back to
 * us. Nothing inline, nothing from elsewhere, in nobody's frame; found by no search engine, kept by no cache, and its address
 * told to nobody.
 */
export const consoleHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; font-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ...privateHeaders,
} as const;

/** For the OpenAPI document: an answer that is a page. */
export const html = (description: string) => ({
  description,
  content: { 'text/html': { schema: z.string() } },
});

/** Who looks, at what time and from where. */
export async function frameOf(c: PageContext): Promise<Frame> {
  const caller = c.get('principal');
  // Before anything of the page is read: what changes meanwhile is told anew, never missed.
  const watch = watchOf(c);
  const facts = await readFrame(c.get('deps'), caller);
  const standing = facts.title ?? caller.roles[0]?.name;
  return {
    when: { now: facts.now, zone: knownZone(getCookie(c, 'tenure-zone')) },
    csrf: caller.session?.csrf ?? '',
    name: caller.name,
    standing: standing ? `${standing}, ${caller.organization.name}` : caller.organization.name,
    waiting: facts.waiting,
    stuck: facts.stuck,
    places: placesOf(caller),
    look: facts.look,
    watch,
  };
}

function watchOf(c: PageContext): Watch {
  const { personId, session, expiresAt } = c.get('principal');
  // Noting when a session was last used is not more exact than this, so that it may end as much sooner.
  const idleEnds = Date.now() + limits.sessionIdleMs - limits.sessionSeenMs;
  const ends = new Date(Math.min(expiresAt * 1_000, idleEnds)).toISOString();
  return {
    personId,
    sessionEnds: session ? ends : null,
    since: c.get('live').position(),
    isOn: c.req.method === 'GET',
  };
}

/** Answers with a page. */
export function answer(c: PageContext, page: Child, status: ContentfulStatusCode = 200) {
  return c.html(draw(page), status, consoleHeaders);
}

/** Where a browser goes on after it has changed something: a new address, so that going back sends nothing twice. */
export function goOn(c: PageContext, to: string) {
  return c.redirect(to, 303);
}

/** What was typed, checked by a schema: its values, or what is wrong by the names of the fields. */
export function checked<T>(schema: Zod.ZodType<T>, typed: unknown): { ok: T } | { faults: Faults } {
  const result = schema.safeParse(typed);
  if (result.success) return { ok: result.data };
  return {
    faults: Object.fromEntries(
      result.error.issues.map((issue) => [issue.path.map(String).join('.'), issue.message]),
    ),
  };
}

/** A form's fields as text, each end of a line as it was typed: browsers count one character and send two. No files, none twice. */
export async function formOf(c: PageContext): Promise<Record<string, string>> {
  const body = await c.req.parseBody();
  const texts = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.map(([name, text]) => [name, text.replaceAll('\r\n', '\n')]));
}

/** A refusal in the words of a page; null when it is none, so that it is thrown on. */
export function refusalIn(error: unknown): TenureError | null {
  const refusal = refusalOf(error);
  return refusal.code === 'internal-error' || refusal.code === 'unauthenticated' ? null : refusal;
}

/** A refusal's fields by the names that a form gives them. */
export function faultsOf(
  errors: readonly FieldError[],
  names: Readonly<Record<string, string>> = {},
): Faults {
  return Object.fromEntries(
    errors.map(({ pointer, detail }) => {
      const field = pointer.replace(/^\//, '');
      return [names[field] ?? field, detail];
    }),
  );
}
