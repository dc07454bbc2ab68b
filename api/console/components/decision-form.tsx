import type { FC } from 'hono/jsx';
import { type AccessRequest, nameOf } from '../request-words.ts';
import { texts as approvalTexts } from '../texts/approvals.ts';
import { texts } from '../texts/common.ts';
import { texts as passkeyTexts } from '../texts/passkeys.ts';
import { Form, TextArea } from './form.tsx';
import { StepUp, type StepUpNeed } from './step-up.tsx';

/** The answer to a request, exactly as it was read. On a phone its buttons stand in the dock. */
export const DecisionForm: FC<{
  request: AccessRequest;
  /** Where it is sent, and the address of the page that it stands on. */
  action: string;
  csrf: string;
  comment: string | undefined;
  fault: string | undefined;
  stepUp: StepUpNeed | null;
}> = ({ request, action, csrf, comment, fault, stepUp }) => (
  <Form action={action} csrf={csrf} class="stack" id="decision">
    <input type="hidden" name="digest" value={request.digest} />
    <TextArea
      name="comment"
      label={approvalTexts.comment}
      aside={approvalTexts.commentAside(nameOf(request.person))}
      value={comment}
      maxLength={2_000}
      fault={fault}
    />
    <p class="meta">{approvalTexts.exactly}</p>
    {stepUp && <StepUp need={stepUp} form="decision" returnTo={action} />}
    <div class="acts docked-wide">
      <Verdict stepUp={stepUp} />
    </div>
  </Form>
);

/** Deny left, approve right. They belong to the form wherever they stand. */
export const Verdict: FC<{ stepUp: StepUpNeed | null }> = ({ stepUp }) => (
  <>
    <button type="submit" form="decision" name="decision" value="deny" class="tall">
      {texts.act.deny}
    </button>
    <button type="submit" form="decision" name="decision" value="approve" class="main-action tall">
      {stepUp && stepUp.ways.passkeys > 0 ? passkeyTexts.approveWith : texts.act.approve}
    </button>
  </>
);
