import { answer, checked, formOf, goOn, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import {
  groupLines,
  type ProviderFields,
  ProviderFormPage,
} from '../../console/pages/sign-in-provider-form.tsx';
import type { Provider } from '../../console/pages/sign-in-provider.tsx';
import { redirectUri } from '../../operations/begin-sign-in.ts';
import { changeProvider, draftProvider } from '../../operations/change-sign-in-provider.ts';
import { listMappable } from '../../operations/list-mappable.ts';
import { providerBody } from '../../schemas/sign-in.ts';
import { wishOf } from '../sign-in-provider.ts';
import type { Place } from './admin-sign-in-place.ts';
import { liveOf, providerOf, providerPage } from './admin-sign-in-provider.tsx';

/** What a form says of a provider, as its fields are called. */
function fieldsOf(provider: Provider | null): ProviderFields {
  if (!provider) return {};
  const { claims } = provider;
  const lines = provider.group_roles.flatMap(({ group, role }, at) => [
    [`group_roles.${at}.group`, group],
    [`group_roles.${at}.role`, role],
  ]);
  return {
    name: provider.name,
    issuer: provider.issuer,
    client_id: provider.client_id,
    new_people: provider.new_people,
    default_role: provider.default_role ?? '',
    ...Object.fromEntries(Object.entries(claims).map(([name, value]) => [`claims.${name}`, value])),
    ...Object.fromEntries(lines),
  };
}

/** How many lines for groups were filled in, also by half: what is missing is said there. */
function filledLines(fields: ProviderFields): number {
  const at = Object.keys(fields).flatMap((name) => {
    const [, line] = /^group_roles\.(\d{1,3})\.(?:group|role)$/.exec(name) ?? [];
    return line !== undefined && fields[name]?.trim() ? [Number(line) + 1] : [];
  });
  return Math.max(0, ...at);
}

function linesFor(fields: ProviderFields): number {
  return Math.min(groupLines.most, Math.max(groupLines.least, filledLines(fields) + 1));
}

interface FormState {
  changed: Provider | null;
  replaces: Provider | null;
  fields: ProviderFields;
  lines?: number;
  faults?: Faults;
  refusal?: string | null;
}

async function formPage(c: PageContext, place: Place, state: FormState, status: 200 | RefusedStatus = 200) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const { fields, lines = linesFor(fields), faults = {}, refusal = null } = state;
  const { roles } = await listMappable(deps, caller, place.organizationId);
  return answer(
    c,
    <ProviderFormPage
      place={place}
      changed={state.changed}
      replaces={state.replaces}
      fields={fields}
      lines={lines}
      roles={roles}
      mayAdd={!place.isVendors}
      redirect={redirectUri(deps)}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}

export async function newForm(c: PageContext, place: Place) {
  const replaces = await liveOf(c, place);
  return formPage(c, place, { changed: null, replaces, fields: fieldsOf(replaces) });
}

export async function changeForm(c: PageContext, place: Place) {
  const changed = await providerOf(c, place);
  if (changed.state !== 'draft' && changed.state !== 'tried') return providerPage(c, place, null);
  return formPage(c, place, { changed, replaces: null, fields: fieldsOf(changed) });
}

/** The API's body that a form means. An empty secret keeps what there is. */
function bodyOf(fields: ProviderFields, isNew: boolean): unknown {
  const claims = ['email', 'email_verified', 'name', 'groups'].flatMap((name) => {
    const value = fields[`claims.${name}`]?.trim();
    return value ? [[name, value]] : [];
  });
  const lines = Array.from({ length: filledLines(fields) }, (_, at) => ({
    group: fields[`group_roles.${at}.group`]?.trim() ?? '',
    role: fields[`group_roles.${at}.role`] ?? '',
  }));
  return {
    name: fields['name'],
    issuer: fields['issuer']?.trim(),
    client_id: fields['client_id']?.trim(),
    ...(fields['client_secret'] ? { client_secret: fields['client_secret'] } : {}),
    claims: Object.fromEntries(claims),
    group_roles: lines,
    new_people: fields['new_people'] || 'refuse',
    default_role: fields['default_role'] || null,
    ...(isNew && fields['replaces'] ? { replaces: fields['replaces'] } : {}),
  };
}

/** A pointer's parts as the names of fields have them. */
function byField(faults: Faults): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [name.replaceAll('/', '.'), fault]),
  );
}

async function save(
  c: PageContext,
  place: Place,
  known: Pick<FormState, 'changed' | 'replaces'>,
  write: (wish: ReturnType<typeof wishOf>) => Promise<{ id: string }>,
): Promise<Response> {
  const { client_secret: typedSecret = '', ...fields } = await formOf(c);
  if (fields['more'] !== undefined) {
    const lines = Math.min(groupLines.most, linesFor(fields) + groupLines.more);
    return formPage(c, place, { ...known, fields, lines });
  }
  const parsed = checked(
    providerBody,
    bodyOf({ ...fields, client_secret: typedSecret }, known.changed === null),
  );
  if ('faults' in parsed) return formPage(c, place, { ...known, fields, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const { id } = await write(wishOf(parsed.ok));
      return goOn(c, `${place.base}/providers/${id}`);
    },
    (refusal, faults, status) =>
      formPage(c, place, { ...known, fields, faults: byField(faults), refusal }, status),
  );
}

export async function draft(c: PageContext, place: Place) {
  const replaces = await liveOf(c, place);
  return save(c, place, { changed: null, replaces }, (wish) =>
    draftProvider(c.get('deps'), c.get('principal'), place.organizationId, wish),
  );
}

export async function change(c: PageContext, place: Place) {
  const changed = await providerOf(c, place);
  return save(c, place, { changed, replaces: null }, (wish) =>
    changeProvider(c.get('deps'), c.get('principal'), changed.id, wish),
  );
}
