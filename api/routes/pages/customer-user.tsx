import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { addressOf } from '../../console/links.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { CustomerUserPage } from '../../console/pages/customer-user.tsx';
import { addUser } from '../../operations/add-user.ts';
import { listAssignable } from '../../operations/list-assignable.ts';
import { showCustomer } from '../../operations/list-customers.ts';
import { type Api, declare } from '../../route.ts';
import { addUserBody } from '../../schemas/customer.ts';
import { pageToRead, pageToSend } from './common.ts';

const request = { params: z.object({ customer: z.string().max(128) }) };

const form = declare({
  ...pageToRead,
  path: '/customers/{customer}/users/new',
  operationId: 'customerUserPage',
  summary: 'The form to add a user to a customer',
  rule: 'manage-access',
  request,
});

const add = declare({
  ...pageToSend,
  path: '/customers/{customer}/users',
  operationId: 'addCustomerUserOnPage',
  summary: 'Add a user to a customer',
  rule: 'manage-access',
  request,
});

export function customerUserPages(app: Api): void {
  app.openapi(form, (c) => formPage(c, c.req.valid('param').customer, {}, {}, null));
  app.openapi(add, async (c) => {
    const { customer } = c.req.valid('param');
    const fields = await formOf(c);
    const { name, email, contract_role, reason } = fields;
    const wish = checked(addUserBody, { name, email, contract_role, reason });
    if ('faults' in wish) return formPage(c, customer, fields, wish.faults, null, 422);
    const { contract_role: contractRole, ...others } = wish.ok;
    return orSay(
      async () => {
        await addUser(c.get('deps'), c.get('principal'), customer, { ...others, contractRole }, null);
        return goOn(c, addressOf('/people', { organization: customer }));
      },
      (refusal, faults, status) => formPage(c, customer, fields, faults, refusal, status),
    );
  });
}

async function formPage(
  c: PageContext,
  named: string,
  fields: Record<string, string>,
  faults: Faults,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, customer, assignable] = await Promise.all([
    frameOf(c),
    showCustomer(deps, caller, named),
    listAssignable(deps, caller, named),
  ]);
  const props = { frame, named, customer, assignable, fields, faults, refusal };
  return answer(c, <CustomerUserPage {...props} />, status);
}
