import { checked, formOf, goOn, type PageContext } from '../../console/answer.tsx';
import { orSay } from '../../console/or-say.ts';
import {
  claimDomain,
  findDomains,
  giveUpDomain,
  verifyDomain,
} from '../../operations/change-sign-in-domain.ts';
import { notFound } from '../../operations/refusals.ts';
import { domainBody } from '../../schemas/sign-in.ts';
import { overview } from './admin-sign-in-overview.tsx';
import { idOf, type Place } from './admin-sign-in-place.ts';

export async function claim(c: PageContext, place: Place) {
  const { domain: typed = '' } = await formOf(c);
  const parsed = checked(domainBody, { domain: typed.trim() });
  if ('faults' in parsed) return overview(c, place, { typed, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const { organizationId } = place;
      await claimDomain(c.get('deps'), c.get('principal'), organizationId, parsed.ok.domain, null);
      return goOn(c, `${place.base}#domains`);
    },
    (refusal, faults, status) => overview(c, place, { typed, faults, refusal }, status),
  );
}

/** Does something with a domain of this organization, or says on the overview why not. */
async function withDomain(
  c: PageContext,
  place: Place,
  work: (id: string) => Promise<unknown>,
): Promise<Response> {
  const { items } = await findDomains(c.get('deps'), c.get('principal'), place.organizationId);
  const found = items.find(({ id }) => id === idOf(c));
  if (!found) throw notFound();
  return orSay(
    async () => {
      await work(found.id);
      return goOn(c, `${place.base}#domains`);
    },
    (refusal, _faults, status) => overview(c, place, { refusal }, status),
  );
}

export function verify(c: PageContext, place: Place) {
  return withDomain(c, place, (id) => verifyDomain(c.get('deps'), c.get('principal'), id, null));
}

export function giveUp(c: PageContext, place: Place) {
  return withDomain(c, place, (id) => giveUpDomain(c.get('deps'), c.get('principal'), id, null));
}
