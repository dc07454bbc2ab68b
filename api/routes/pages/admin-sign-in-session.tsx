import { answer, goOn, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { SignedInNowPage } from '../../console/pages/sign-in-session.tsx';
import { findSessions, revokeSession } from '../../operations/end-session.ts';
import { idOf, type Place } from './admin-sign-in-place.ts';
import { idAfter } from './common.ts';

export async function sessionsPage(
  c: PageContext,
  place: Place,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const said = c.req.query('after');
  const after = idAfter('ses', said);
  const wish = { organization: place.organizationId, page: { limit: 50, after } };
  const { items, next } = await findSessions(c.get('deps'), c.get('principal'), wish);
  return answer(c, <SignedInNowPage place={place} sessions={items} next={next} refusal={refusal} />, status);
}

export function endSession(c: PageContext, place: Place) {
  return orSay(
    async () => {
      const wish = { id: idOf(c), organization: place.organizationId };
      await revokeSession(c.get('deps'), c.get('principal'), wish.id, undefined, null, wish.organization);
      return goOn(c, `${place.base}/sessions`);
    },
    (refusal, _faults, status) => sessionsPage(c, place, refusal, status),
  );
}
