import { z } from '@hono/zod-openapi';
import { frameOf, html, type PageContext } from '../../console/answer.tsx';
import type { SignInPlace } from '../../console/pages/sign-in-frame.tsx';
import type { RuleName } from '../../guards/rule.ts';
import { showManaged } from '../../operations/managed-organization.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { type Api, declare } from '../../route.ts';
import { formAnswers, pageToRead } from './common.ts';

/** The same pages stand in a customer's panel, and in the staff's console for any organization. */
export interface Room {
  path: string;
  /** The beginning of its operations' ids. */
  id: string;
  rule: RuleName;
  isPanel: boolean;
}

/** Where they stand. */
export const rooms: readonly Room[] = [
  { path: '/admin/sign-in', id: 'adminSignIn', rule: 'customer-administrator', isPanel: true },
  { path: '/sign-in-settings/{organization}', id: 'staffSignIn', rule: 'manage-access', isPanel: false },
];

/** Where the page stands, and whose sign-in it is about. */
export interface Place extends SignInPlace {
  organizationId: string;
  isVendors: boolean;
}

/** @throws TenureError `not-found` for an organization whose people others manage */
export async function placeOf(c: PageContext, { isPanel }: Room): Promise<Place> {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const named = isPanel ? caller.organization.id : (c.req.param('organization') ?? '');
  const [frame, found, vendor] = await Promise.all([
    frameOf(c),
    showManaged(deps, caller, named),
    readVendorName(deps, caller),
  ]);
  return {
    frame,
    panel: isPanel ? { customer: found.name, vendor } : null,
    organization: found.name,
    organizationId: found.id,
    isVendors: found.kind === 'vendor',
    vendor,
    base: isPanel ? '/admin/sign-in' : `/sign-in-settings/${found.key}`,
    me: caller.personId,
  };
}

/** The id in the path; none is nobody's. */
export const idOf = (c: PageContext) => c.req.param('id') ?? '';

/** What is done on one page. */
export interface Act {
  /** Of its id. */
  name: string;
  path: string;
  summary: string;
  run: (c: PageContext, place: Place) => Promise<Response>;
}

const tags = ['Pages'];
const done = {
  200: html('The browser goes on, or the page with more lines'),
  ...formAnswers,
};

/** Declares one page in one of the rooms. */
export function addPage(
  app: Api,
  room: Room,
  { name, path, summary, run }: Act,
  method: 'get' | 'post',
): void {
  const whole: string = `${room.path}${path}`;
  const named = [...whole.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => [param, z.string()] as const);
  const route = declare({
    method,
    path: whole,
    operationId: `${room.id}${name}`,
    summary,
    rule: room.rule,
    isPage: true,
    tags,
    ...(method === 'post' ? { reads: 'form' as const } : {}),
    request: named.length > 0 ? { params: z.object(Object.fromEntries(named)) } : {},
    responses: method === 'get' ? pageToRead.responses : done,
  });
  app.openapi(route, async (c) => run(c, await placeOf(c, room)));
}
