import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { AdminSettingsPage } from '../../console/pages/admin-settings.tsx';
import { styleCustomer } from '../../operations/style-customer.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { appearanceBody } from '../../schemas/customer.ts';
import { pageToRead, pageToSend } from './common.ts';
import { own, panelFrame } from './admin-user.tsx';

const show = declare({
  ...pageToRead,
  path: '/admin/settings',
  operationId: 'adminSettingsPage',
  summary: 'How a customer’s panel looks',
  rule: 'customer-administrator',
  request: { query: z.object({ saved: z.string().max(5).optional() }) },
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') },
});

const save = declare({
  ...pageToSend,
  path: '/admin/settings',
  operationId: 'styleOnPage',
  summary: 'Change how a customer’s panel looks',
  rule: 'customer-administrator',
});

export function adminSettingsPages(app: Api): void {
  app.openapi(show, (c) => page(c, { isSaved: c.req.valid('query').saved === 'yes' }));
  app.openapi(save, async (c) => {
    const typed = await formOf(c);
    const [name, color] = [typed['shown_name']?.trim() ?? '', typed['brand_color']?.trim() ?? ''];
    const again = (faults: Faults, refusal: string | null, status: RefusedStatus) =>
      page(c, { typed: { name, color }, faults, refusal }, status);
    const wish = checked(appearanceBody, { shown_name: name || null, brand_color: color || null });
    if ('faults' in wish) return again(wish.faults, null, 422);
    return orSay(
      async () => {
        const { brand_color: brandColor, shown_name: shownName } = wish.ok;
        await styleCustomer(c.get('deps'), c.get('principal'), own(c), { brandColor, shownName }, null);
        return goOn(c, '/admin/settings?saved=yes');
      },
      (refusal, faults, status) => again(faults, refusal, status),
    );
  });
}

interface State {
  typed?: { name: string; color: string };
  isSaved?: boolean;
  faults?: Faults;
  refusal?: string | null;
}

async function page(
  c: PageContext,
  { typed, isSaved = false, faults = {}, refusal = null }: State,
  status: 200 | RefusedStatus = 200,
) {
  const panel = await panelFrame(c);
  const { customer } = panel;
  return answer(
    c,
    <AdminSettingsPage
      {...panel}
      name={typed?.name ?? customer.shown_name ?? customer.name}
      color={typed?.color ?? customer.brand_color ?? ''}
      isSaved={isSaved}
      access="/admin/access/rules"
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}
