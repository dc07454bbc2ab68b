import { z } from '@hono/zod-openapi';
import { type Classification, classifications } from '../../../domain/catalog.ts';
import { usualConsent } from '../../../domain/consent.ts';
import { isId } from '../../../domain/ids.ts';
import { accessReportCsv } from '../../access-report-csv.ts';
import { answer, checked, formOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { VendorAccessPage } from '../../console/pages/admin-access.tsx';
import { VendorRequestPage } from '../../console/pages/admin-access-request.tsx';
import { type Consent, ConsentPage, type TypedConsent } from '../../console/pages/admin-access-rules.tsx';
import { stepUpNeed } from '../../console/step-up-need.ts';
import { vendorAccessTexts as texts } from '../../console/texts/admin-access.ts';
import { daysUntilTonight } from '../../console/when.ts';
import { changeConsent, showConsent } from '../../operations/change-consent.ts';
import { decideAccessRequest } from '../../operations/decide-access-request.ts';
import { readVendorId } from '../../operations/read-frame.ts';
import { readDecisionScene } from '../../operations/read-decision-scene.ts';
import { readVendorAccess } from '../../operations/read-vendor-access.ts';
import { notFound } from '../../operations/refusals.ts';
import { reportAccess } from '../../operations/report-access.ts';
import { revokeAccess } from '../../operations/revoke-access.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { instantText } from '../../schemas/common.ts';
import { consentBody } from '../../schemas/consent.ts';
import { reasonBody } from '../../schemas/customer.ts';
import { decisionBody } from '../../schemas/decision.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';
import { own, panelFrame } from './admin-user.tsx';
import { periodOf } from './customer.tsx';

const rule = 'customer-administrator';
const toRead = { ...pageToRead, rule } as const;
const toSend = { ...pageToSend, rule } as const;
const query = z.object({
  from: z.string().max(40).optional(),
  to: z.string().max(40).optional(),
  days: z.enum(['1', '7', '30']).catch('1').openapi({ type: 'string' }).default('1'),
  after: z.string().max(60).optional(),
});
const params = z.object({ id: z.string().max(60) });

const list = declare({
  ...toRead,
  path: '/admin/access',
  operationId: 'adminAccessPage',
  summary: 'Who of the vendor’s people reaches our data, did, or asks to',
  request: { query },
  responses: { ...pageToRead.responses, 422: html('There is no such period') },
});
const exported = declare({
  ...toRead,
  path: '/admin/access.csv',
  operationId: 'exportVendorAccess',
  summary: 'The same as CSV, with times in UTC',
  request: { query: z.object({ from: instantText(), to: instantText() }) },
  responses: {
    200: { description: 'RFC 4180', content: { 'text/csv': { schema: z.string() } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'invalid-input'),
  },
});
const rules = declare({
  ...toRead,
  path: '/admin/access/rules',
  operationId: 'consentPage',
  summary: 'Which vendor access our own people approve',
});
const change = declare({
  ...toSend,
  path: '/admin/access/rules',
  operationId: 'changeConsentOnPage',
  summary: 'Ask for more than was agreed on, or take that back',
});
const show = declare({
  ...toRead,
  path: '/admin/access/{id}',
  operationId: 'adminAccessRequestPage',
  summary: 'One request of the vendor’s people, and the access it led to',
  request: { params, query: z.object({ comment: z.string().optional() }) },
});
const decide = declare({
  ...toSend,
  path: '/admin/access/{id}',
  operationId: 'decideOnAdminPage',
  summary: 'Approve or deny, from the panel',
  request: { params },
});
const end = declare({
  ...toSend,
  path: '/admin/access/{id}/end',
  operationId: 'endAccessOnAdminPage',
  summary: 'End an access to our data at once, from the panel',
  request: { params },
});

/** The reason that stands in the records where an administrator gives none. */
const noReason = 'By the customer’s administrator, in the panel.';

export function adminAccessPages(app: Api): void {
  app.openapi(list, (c) => accessPage(c, c.req.valid('query'), null));
  app.openapi(exported, async (c) => {
    const { from, to } = c.req.valid('query');
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const wish = { customer: own(c), from, to, holder: await readVendorId(deps, caller), page: null };
    const report = await reportAccess(deps, caller, wish);
    const name = `vendor-access-${from.slice(0, 10)}-to-${to.slice(0, 10)}.csv`;
    return c.body(accessReportCsv(report), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    });
  });
  app.openapi(rules, (c) => rulesPage(c, null));
  app.openapi(change, async (c) => {
    const fields = await formOf(c);
    const typed = { rules: typedOf(fields), reason: fields.reason ?? '' };
    const rules = rulesOf(typed.rules);
    const wish = checked(consentBody, { rules, reason: typed.reason.trim() || noReason });
    if ('faults' in wish)
      return rulesPage(c, { ...typed, faults: namesOf(wish.faults, rules), refusal: null }, 422);
    return orSay(
      async () => {
        await changeConsent(c.get('deps'), c.get('principal'), own(c), wish.ok);
        return goOn(c, '/admin/access/rules');
      },
      (refusal, faults, status) =>
        rulesPage(c, { ...typed, faults: namesOf(faults, rules), refusal }, status),
    );
  });
  app.openapi(show, (c) =>
    requestPage(c, c.req.valid('param').id, { comment: c.req.valid('query').comment ?? '' }),
  );
  app.openapi(decide, async (c) => {
    const { id } = c.req.valid('param');
    const { comment = '', decision, digest, signed } = await formOf(c);
    const wish = checked(decisionBody, {
      decision,
      ...(comment.trim() ? { comment } : {}),
      ...(signed ? { signed } : {}),
    });
    if ('faults' in wish) return requestPage(c, id, { faults: wish.faults, comment }, 422);
    const { request } = await vendorRequest(c, id);
    // They decide on what they have read; whatever has changed since must be read again.
    if (request.digest !== digest) return requestPage(c, id, { refusal: texts.changed, comment }, 409);
    return orSay(
      async () => {
        await decideAccessRequest(c.get('deps'), c.get('principal'), request.id, wish.ok, null);
        return goOn(c, `/admin/access/${request.reference}`);
      },
      (refusal, faults, status) => requestPage(c, id, { refusal, faults, comment }, status),
    );
  });
  app.openapi(end, async (c) => {
    const { id } = c.req.valid('param');
    const { reason = '' } = await formOf(c);
    const isGrant = isId('grant', id);
    const wish = checked(reasonBody, { reason: reason.trim() || noReason });
    const sayNot = (said: Said, status: RefusedStatus) =>
      isGrant
        ? accessPage(c, query.parse({}), said.refusal ?? said.faults?.reason ?? null, status)
        : requestPage(c, id, { ...said, reason }, status);
    if ('faults' in wish) return sayNot({ faults: wish.faults }, 422);
    const name = isGrant ? { grant: id } : { request: (await vendorRequest(c, id)).request.id };
    return orSay(
      async () => {
        await revokeAccess(c.get('deps'), c.get('principal'), name, wish.ok.reason, null);
        return goOn(c, '/admin/access');
      },
      (refusal, faults, status) => sayNot({ refusal, faults }, status),
    );
  });
}

/** A customer's administrators are asked about, and shown, what the vendor's people reach of theirs; all else is not there. */
async function vendorRequest(c: PageContext, id: string) {
  const { chosen } = await readDecisionScene(c.get('deps'), c.get('principal'), id);
  const isOurs = chosen?.request.organization.id === own(c);
  if (!chosen || !isOurs || chosen.request.holder_organization.id === own(c)) throw notFound();
  return chosen;
}

async function accessPage(
  c: PageContext,
  { from, to, days: shown, after }: z.infer<typeof query>,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  // The days of the viewer are counted by the ledger's clock.
  const panel = await panelFrame(c);
  const days = Number(shown);
  const drawn = daysUntilTonight(days, panel.frame.when);
  const period = periodOf({ from, to }, panel.frame.when);
  const place = idAfter('grant', after);
  const [access, consent] = await Promise.all([
    readVendorAccess(deps, caller, { drawn, during: period.stretch, page: { limit: 25, after: place } }),
    showConsent(deps, caller, own(c)),
  ]);
  const isWrong = Object.keys(period.faults).length > 0;
  return answer(
    c,
    <VendorAccessPage
      {...panel}
      access={access}
      consent={consent}
      axis={{ days, stretch: drawn }}
      period={period}
      isLater={place !== null}
      refusal={refusal}
    />,
    isWrong && status === 200 ? 422 : status,
  );
}

interface Said {
  refusal?: string;
  faults?: Faults;
  comment?: string;
  reason?: string;
}

async function requestPage(c: PageContext, id: string, said: Said, status: 200 | RefusedStatus = 200) {
  const [panel, chosen] = await Promise.all([panelFrame(c), vendorRequest(c, id)]);
  const { request, mayDecide } = chosen;
  const stepUp = mayDecide ? await stepUpNeed(c, request, 'decision', panel.frame.when.now) : null;
  return answer(c, <VendorRequestPage {...panel} {...chosen} stepUp={stepUp} said={said} />, status);
}

interface TypedRule {
  rules: TypedConsent;
  reason: string;
  faults: Faults;
  refusal: string | null;
}

async function rulesPage(c: PageContext, typed: TypedRule | null, status: 200 | RefusedStatus = 200) {
  const [panel, consent] = await Promise.all([
    panelFrame(c),
    showConsent(c.get('deps'), c.get('principal'), own(c)),
  ]);
  return answer(
    c,
    <ConsentPage
      {...panel}
      consent={consent}
      typed={typed?.rules ?? ownConsent(consent.own)}
      reason={typed?.reason ?? ''}
      faults={typed?.faults ?? {}}
      refusal={typed?.refusal ?? typed?.faults.rules ?? null}
    />,
    status,
  );
}

type Rules = { classifications: Classification[]; within: string; emergency: string }[];

const ofEach = (make: (one: Classification) => TypedConsent[Classification]): TypedConsent => ({
  public: make('public'),
  internal: make('internal'),
  confidential: make('confidential'),
  restricted: make('restricted'),
});

/** Rules as the form shows them, of each kind of data its own; what is usual where there is none. */
function ownConsent(rules: Consent['own']): TypedConsent {
  return ofEach((one) => {
    const known = rules.find((rule) => rule.classifications.includes(one));
    const { within, emergency } = known ?? usualConsent;
    return { isAsked: known !== undefined, within, emergency };
  });
}

/** What the form says; whatever is none of the choices is left for the check. */
function typedOf(fields: Record<string, string>): TypedConsent {
  return ofEach((one) => ({
    isAsked: fields[`about-${one}`] === 'yes',
    within: fields[`within-${one}`] ?? usualConsent.within,
    emergency: fields[`emergency-${one}`] ?? usualConsent.emergency,
  }));
}

/** The same as rules: one for all kinds of data of which the same is said. */
function rulesOf(typed: TypedConsent): Rules {
  const rules: Rules = [];
  for (const one of classifications.filter((kind) => typed[kind].isAsked)) {
    const { within, emergency } = typed[one];
    const same = rules.find((rule) => rule.within === within && rule.emergency === emergency);
    if (same) same.classifications.push(one);
    else rules.push({ classifications: [one], within, emergency });
  }
  return rules;
}

/** `rules.0.within` is a field of each kind of data that the rule is about. */
function namesOf(faults: Faults, rules: Rules): Faults {
  return Object.fromEntries(
    Object.entries(faults).flatMap(([name, fault]) => {
      const [, at, field] = name.split(/[./]/);
      const about = rules[Number(at)]?.classifications ?? [];
      return about.length > 0 ? about.map((one) => [`${field}-${one}`, fault]) : [[name, fault]];
    }),
  );
}
