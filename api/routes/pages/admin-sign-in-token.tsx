import { answer, checked, formOf, goOn, type PageContext } from '../../console/answer.tsx';
import { orSay } from '../../console/or-say.ts';
import { MadeTokenPage } from '../../console/pages/directory-tokens.tsx';
import { findScimTokens, makeScimToken, revokeScimToken } from '../../operations/change-scim-token.ts';
import { notFound } from '../../operations/refusals.ts';
import { scimTokenBody } from '../../schemas/scim-token.ts';
import { overview } from './admin-sign-in-overview.tsx';
import { idOf, type Place } from './admin-sign-in-place.ts';

/** Answers with the token itself, which no other page can show again. */
export async function makeToken(c: PageContext, place: Place) {
  const { label = '' } = await formOf(c);
  const parsed = checked(scimTokenBody, { label });
  if ('faults' in parsed) return overview(c, place, { label, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const wish = { label: parsed.ok.label, forDays: parsed.ok.for_days };
      const made = await makeScimToken(c.get('deps'), c.get('principal'), place.organizationId, wish);
      return answer(c, <MadeTokenPage place={place} made={made} />);
    },
    (refusal, faults, status) => overview(c, place, { label, faults, refusal }, status),
  );
}

export async function revokeToken(c: PageContext, place: Place) {
  const { items } = await findScimTokens(c.get('deps'), c.get('principal'), place.organizationId);
  const found = items.find(({ id }) => id === idOf(c));
  if (!found) throw notFound();
  return orSay(
    async () => {
      await revokeScimToken(c.get('deps'), c.get('principal'), found.id, null);
      return goOn(c, `${place.base}#directory`);
    },
    (refusal, _faults, status) => overview(c, place, { refusal }, status),
  );
}
