import { hostAndPort } from '../../domain/host-port.ts';
import { pageOf } from './ask-commands.ts';
import { type Answer, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords, remaining } from './instants.ts';
import { fields, headline } from './layout.ts';
import { checkedId, isGrantId, requestPath } from './paths.ts';
import { requestStanding } from './request-text.ts';
import type { Session } from './session.ts';
import { accessRequestShape, credentialShape, decisionShape, recordShape } from './shapes.ts';

export interface DecideOptions {
  comment?: string;
  stage?: string;
}

/** Approves or denies, then says what the request waits for now. */
export async function decideCommand(
  session: Session,
  id: string,
  decision: 'approve' | 'deny',
  options: DecideOptions,
): Promise<ExitCode> {
  const path = `/v1/access-requests/${checkedId(id)}`;
  const { comment, stage } = options;
  const body = {
    decision,
    ...(comment === undefined ? {} : { comment }),
    ...(stage === undefined ? {} : { stage }),
  };
  const answer = await session.client.post(`${path}/decisions`, body);

  const standing = session.isJson ? '' : await standingNow(session, path);
  session.print(answer, () => {
    const word = readAs(decisionShape, answer).decision === 'approve' ? 'Approved' : 'Denied';
    return `${word}.\n${standing}`;
  });
  return exitCodes.done;
}

/** How the request stands after what was just recorded; empty when it cannot be read, since that changes nothing. */
async function standingNow(session: Session, path: string): Promise<string> {
  try {
    const request = readAs(accessRequestShape, await session.client.get(path));
    const page = pageOf(session);
    const { text, style } = requestStanding(request, page.nowMs);
    return headline(page, request.reference, text, style);
  } catch {
    return '';
  }
}

/** The holder gives access back. */
export async function returnCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.post(`${await requestPath(session, id)}/return`, {});
  return showRecord(session, id, answer, 'Returned', 'Access is being ended');
}

/** Somebody else ends it: an approver, security, the customer. Takes a request or a grant. */
export async function revokeCommand(session: Session, id: string, why: string): Promise<ExitCode> {
  const checked = checkedId(id);
  const path = isGrantId(checked) ? `/v1/grants/${checked}` : `/v1/access-requests/${checked}`;
  const answer = await session.client.post(`${path}/revocation`, { reason: why });
  return showRecord(session, id, answer, 'Revoked', 'Access is being ended');
}

/** The request is withdrawn before access begins. */
export async function cancelCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/access-requests/${checkedId(id)}/cancellation`, {});
  return showRecord(session, id, answer, 'Cancelled', 'Access will not begin');
}

function showRecord(session: Session, id: string, answer: Answer, word: string, next: string): ExitCode {
  session.print(answer, () => {
    const when = instantInWords(readAs(recordShape, answer).recorded_at, session.deps.now());
    return `${word}, recorded ${when}. ${next}; see  ${session.command(`show ${checkedId(id)}`)}\n`;
  });
  return exitCodes.done;
}

/** Shows the credential. The API shows each one once; `replace` makes a new one and ends the old one's sessions. */
export async function credentialCommand(
  session: Session,
  id: string,
  isReplacing: boolean,
): Promise<ExitCode> {
  const path = await requestPath(session, id);
  const answer = await session.client.post(`${path}/credential`, isReplacing ? { replace: true } : {}, {
    once: true,
  });
  session.print(answer, () => {
    const credential = readAs(credentialShape, answer);
    const page = pageOf(session);
    const until = credential.valid_until;
    const standing = `valid until ${instantInWords(until, page.nowMs)}, ${remaining(until, page.nowMs)} left`;
    const lines = fields(page, [
      ['Username', credential.username],
      ['Password', credential.password],
      ['Host', hostAndPort(credential.host, credential.port)],
      ['Database', credential.database],
      ['URL', credential.url],
      ['Grant', credential.grant_id],
    ]);
    return `${headline(page, 'Shown once', standing, 'green')}${lines}`;
  });
  return exitCodes.done;
}
