import { z } from '@hono/zod-openapi';
import { isId } from '../../../domain/ids.ts';
import { TenureError } from '../../../domain/errors.ts';
import { answer, checked, formOf, frameOf, goOn, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import type { PanelFrame } from '../../console/components/panel-page.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { AddUserPage, ChangeUserPage, RemoveUserPage } from '../../console/pages/admin-user.tsx';
import { AdminUsersPage, type User } from '../../console/pages/admin-users.tsx';
import { addUser } from '../../operations/add-user.ts';
import { changeUser } from '../../operations/change-user.ts';
import { inviteUser } from '../../operations/invite-user.ts';
import { listAssignable } from '../../operations/list-assignable.ts';
import { findUsersByNeed, showCustomer, showUser } from '../../operations/list-customers.ts';
import { reinstateUser } from '../../operations/reinstate-user.ts';
import { removeUser } from '../../operations/remove-user.ts';
import { type Api, declare } from '../../route.ts';
import { addUserBody, changeUserBody, reasonBody } from '../../schemas/customer.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { usersTexts } from '../../console/texts/admin-users.ts';
import { pageToRead, pageToSend } from './common.ts';

const params = z.object({ person: z.string() });

const list = read('/admin', 'adminUsersPage', 'Who we are, and whether there is room', {
  query: z.object({
    find: z.string().max(320).default(''),
    after: z.string().max(2_000).optional(),
    removed: z.string().max(60).optional(),
  }),
});
const addForm = read('/admin/users/new', 'addUserPage', 'The form to add a person', {});
const changeForm = read('/admin/users/{person}', 'changeUserPage', 'The form to change what somebody is', {
  params,
});
const removeForm = read(
  '/admin/users/{person}/removal',
  'removeUserPage',
  'What a removal does, and its form',
  { params },
);
const add = write('/admin/users', 'addUserOnPage', 'Add a person', {});
const change = write('/admin/users/{person}', 'changeUserOnPage', 'Change what somebody is', { params });
const remove = write('/admin/users/{person}/removal', 'removeUserOnPage', 'Remove somebody at once', {
  params,
});
const invite = write('/admin/users/{person}/invitation', 'inviteUserOnPage', 'Send an invitation again', {
  params,
});

function read<const Path extends string, const R extends object>(
  path: Path,
  operationId: string,
  summary: string,
  request: R,
) {
  return declare({
    ...pageToRead,
    path,
    operationId,
    summary,
    rule: 'customer-administrator',
    request,
  });
}

function write<const Path extends string, const R extends object>(
  path: Path,
  operationId: string,
  summary: string,
  request: R,
) {
  return declare({
    ...pageToSend,
    path,
    operationId,
    summary,
    rule: 'customer-administrator',
    request,
  });
}

const reinstate = write('/admin/users/{person}/reinstatement', 'reinstateUserOnPage', 'Undo a removal', {
  params,
});

/** The reason that stands in the records where an administrator gives none. */
const { noReason, undoReason } = usersTexts;
/** How long after a removal its page offers to undo it, in milliseconds: a slow page is read a little later. */
const undoWithinMs = 60_000;

export function adminUserPages(app: Api): void {
  app.openapi(list, (c) => usersPage(c, c.req.valid('query'), null));
  app.openapi(addForm, (c) => addPage(c, {}, {}, null));
  app.openapi(add, async (c) => {
    const fields = await formOf(c);
    const { name, email, contract_role } = fields;
    const wish = checked(addUserBody, { name, email, contract_role, reason: noReason });
    if ('faults' in wish) return addPage(c, fields, wish.faults, null, 422);
    const { contract_role: contractRole, ...others } = wish.ok;
    return orSay(
      async () => {
        await addUser(c.get('deps'), c.get('principal'), own(c), { ...others, contractRole }, null);
        return goOn(c, '/admin');
      },
      (refusal, faults, status) => addPage(c, fields, faults, refusal, status),
    );
  });
  app.openapi(changeForm, (c) => userForm(c, c.req.valid('param').person, 'change', {}, {}, null));
  app.openapi(change, async (c) => {
    const { person } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(changeUserBody, {
      contract_role: fields.contract_role,
      reason: fields.reason?.trim() || noReason,
    });
    if ('faults' in wish) return userForm(c, person, 'change', fields, wish.faults, null, 422);
    const { contract_role: contractRole, reason } = wish.ok;
    return orSay(
      async () => {
        await changeUser(
          c.get('deps'),
          c.get('principal'),
          { customer: own(c), person },
          { contractRole, reason },
          null,
        );
        return goOn(c, '/admin');
      },
      (refusal, faults, status) => userForm(c, person, 'change', fields, faults, refusal, status),
    );
  });
  app.openapi(removeForm, (c) => userForm(c, c.req.valid('param').person, 'remove', {}, {}, null));
  app.openapi(remove, async (c) => {
    const { person } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(reasonBody, { reason: fields.reason?.trim() || noReason });
    if ('faults' in wish) return userForm(c, person, 'remove', fields, wish.faults, null, 422);
    return orSay(
      async () => {
        await removeUser(
          c.get('deps'),
          c.get('principal'),
          { customer: own(c), person },
          wish.ok.reason,
          null,
        );
        return goOn(c, `/admin?removed=${encodeURIComponent(person)}`);
      },
      (refusal, faults, status) => userForm(c, person, 'remove', fields, faults, refusal, status),
    );
  });
  app.openapi(invite, (c) =>
    orSay(
      async () => {
        await inviteUser(
          c.get('deps'),
          c.get('principal'),
          { customer: own(c), person: c.req.valid('param').person },
          null,
        );
        return goOn(c, '/admin');
      },
      (refusal, _faults, status) => usersPage(c, { find: '' }, refusal, status),
    ),
  );
  app.openapi(reinstate, (c) =>
    orSay(
      async () => {
        const names = { customer: own(c), person: c.req.valid('param').person };
        await reinstateUser(c.get('deps'), c.get('principal'), names, undoReason, null);
        return goOn(c, '/admin');
      },
      (refusal, _faults, status) => usersPage(c, { find: '' }, refusal, status),
    ),
  );
}

/** A customer's administrators have this one customer, whatever an address says. */
export function own(c: PageContext): string {
  return c.get('principal').organization.id;
}

/** What every page of a customer’s panel says around itself. */
export async function panelFrame(c: PageContext): Promise<PanelFrame> {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, customer, vendor] = await Promise.all([
    frameOf(c),
    showCustomer(deps, caller, own(c)),
    readVendorName(deps, caller),
  ]);
  return { frame, customer, vendor, me: caller.personId };
}

async function usersPage(
  c: PageContext,
  wish: { find: string; after?: string | undefined; removed?: string | undefined },
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const find = wish.find.trim();
  const page = { limit: 50, after: wish.after ?? null };
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [panel, users, removed] = await Promise.all([
    panelFrame(c),
    findUsersByNeed(deps, caller, own(c), find || null, page),
    wish.removed === undefined ? null : findRemoved(c, wish.removed),
  ]);
  const { items, next, use } = users;
  const isRecent = removed !== null && isJustRemoved(removed, panel.frame.when.now);
  const isLater = page.after !== null;
  const shown = { users: items, next, use, isLater, find, removed: isRecent ? removed : null, refusal };
  return answer(c, <AdminUsersPage {...panel} {...shown} />, status);
}

/** One of ours whom an address names; null for anybody else. */
async function findRemoved(c: PageContext, person: string): Promise<User | null> {
  if (!isId('person', person)) return null;
  return showUser(c.get('deps'), c.get('principal'), own(c), person).catch((error: unknown) => {
    if (error instanceof TenureError && error.code === 'not-found') return null;
    throw error;
  });
}

function isJustRemoved({ state, until }: User, now: string): boolean {
  return state === 'removed' && until !== null && Date.parse(now) - Date.parse(until) < undoWithinMs;
}

async function addPage(
  c: PageContext,
  fields: Record<string, string>,
  faults: Faults,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const [panel, assignable] = await Promise.all([
    panelFrame(c),
    listAssignable(c.get('deps'), c.get('principal'), own(c)),
  ]);
  return answer(
    c,
    <AddUserPage {...panel} assignable={assignable} fields={fields} faults={faults} refusal={refusal} />,
    status,
  );
}

async function userForm(
  c: PageContext,
  person: string,
  what: 'change' | 'remove',
  fields: Record<string, string>,
  faults: Faults,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  if (person === caller.personId) throw new TenureError('self-approval', usersTexts.notYourself);
  const [panel, user, assignable] = await Promise.all([
    panelFrame(c),
    showUser(deps, caller, own(c), person),
    listAssignable(deps, caller, own(c)),
  ]);
  const common = { ...panel, user, fields, faults, refusal };
  return answer(
    c,
    what === 'change' ? (
      <ChangeUserPage {...common} assignable={assignable} />
    ) : (
      <RemoveUserPage {...common} />
    ),
    status,
  );
}
