import { z } from '@hono/zod-openapi';
import { browserFamily } from '../../../domain/session.ts';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { PasskeysPage, type PasskeysProps } from '../../console/pages/passkeys.tsx';
import { namePasskey, revokePasskey } from '../../operations/list-passkeys.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { readPasskeyScene } from '../../operations/read-passkey-scene.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { passkeyNameBody } from '../../schemas/passkey.ts';
import { pageToRead, pageToSend } from './common.ts';

const show = declare({
  ...pageToRead,
  path: '/account/passkeys',
  operationId: 'passkeysPage',
  summary: 'One’s own passkeys',
  rule: 'person',
  responses: { 200: html('The page'), ...problemsOf('unauthenticated') },
});

const remove = declare({
  ...pageToSend,
  path: '/account/passkeys/{id}/revocation',
  operationId: 'revokePasskeyOnPage',
  summary: 'Remove a passkey, from the page',
  rule: 'person',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    303: { description: 'It is removed' },
    403: html('It is not allowed; nothing has changed'),
    409: html('It was removed already'),
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

const rename = declare({
  ...pageToSend,
  path: '/account/passkeys/{id}/renaming',
  operationId: 'renamePasskeyOnPage',
  summary: 'Call a passkey otherwise, from the page',
  rule: 'person',
  request: { params: z.object({ id: z.string() }) },
});

export function passkeyPages(app: Api): void {
  app.openapi(show, (c) => showPasskeys(c));
  app.openapi(rename, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const typed = (fault: string | undefined) => ({ id, name: fields.name ?? '', fault });
    const wish = checked(passkeyNameBody, { name: fields.name?.trim() ?? '' });
    if ('faults' in wish) return showPasskeys(c, { renaming: typed(wish.faults.name) }, 422);
    return orSay(
      async () => {
        await namePasskey(c.get('deps'), c.get('principal'), { id, name: wish.ok.name }, null);
        return goOn(c, '/account/passkeys');
      },
      (refusal, _faults, status) =>
        showPasskeys(c, { notRenamed: true, refusal, renaming: typed(undefined) }, status),
    );
  });
  app.openapi(remove, (c) =>
    orSay(
      async () => {
        await revokePasskey(c.get('deps'), c.get('principal'), c.req.valid('param').id, undefined, null);
        return goOn(c, '/account/passkeys');
      },
      (refusal, _faults, status) => showPasskeys(c, { refusal }, status),
    ),
  );
}

async function showPasskeys(
  c: PageContext,
  said: Pick<PasskeysProps, 'refusal' | 'notRenamed' | 'renaming'> = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, scene, vendor] = await Promise.all([
    frameOf(c),
    readPasskeyScene(deps, caller),
    hasDuty(caller, 'administer-customer') ? readVendorName(deps, caller) : null,
  ]);
  const panel = vendor === null ? null : { customer: caller.organization.name, vendor };
  const suggestion = browserFamily(c.req.header('user-agent'));
  return answer(
    c,
    <PasskeysPage frame={frame} panel={panel} {...scene} suggestion={suggestion} {...said} />,
    status,
  );
}
