import { answer, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import type { RefusedStatus } from '../../console/or-say.ts';
import { Directory } from '../../console/pages/directory-tokens.tsx';
import { SignInSettingsPage } from '../../console/pages/sign-in-settings.tsx';
import { findScimTokens } from '../../operations/change-scim-token.ts';
import { findDomains } from '../../operations/change-sign-in-domain.ts';
import { findProviders } from '../../operations/change-sign-in-provider.ts';
import { findSessions } from '../../operations/end-session.ts';
import type { Place } from './admin-sign-in-place.ts';

/** How many sessions an overview counts before it says that there are more. */
const countedSessions = 100;

export async function overview(
  c: PageContext,
  place: Place,
  {
    typed = '',
    label = '',
    faults = {},
    refusal = null,
  }: { typed?: string; label?: string; faults?: Faults; refusal?: string | null } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const { organizationId: organization } = place;
  const [providers, domains, sessions, tokens] = await Promise.all([
    findProviders(deps, caller, organization),
    findDomains(deps, caller, organization),
    findSessions(deps, caller, { organization, page: { limit: countedSessions, after: null } }),
    place.isVendors ? null : findScimTokens(deps, caller, organization),
  ]);
  return answer(
    c,
    <SignInSettingsPage
      place={place}
      providers={providers.items}
      domains={domains.items}
      sessions={{ count: sessions.items.length, isMore: sessions.next !== null }}
      typed={typed}
      faults={faults}
      refusal={refusal}
      directory={tokens && <Directory place={place} tokens={tokens} label={label} faults={faults} />}
    />,
    status,
  );
}
