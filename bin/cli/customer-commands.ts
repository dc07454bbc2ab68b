import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { wholeList } from './lists.ts';
import { pathPart } from './paths.ts';
import { customerShape, customerWithSeatsShape, userShape } from './people-shapes.ts';
import { customerTable, customerText, usersInWords, userTable } from './people-text.ts';
import type { Session } from './session.ts';
import { count } from './text.ts';

export interface CustomerFilter {
  state?: string;
  tier?: string;
}

/** The customers, the newest first. */
export async function customersCommand(session: Session, { state, tier }: CustomerFilter): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/customers', { state, tier });
  session.print(list.answer, () => {
    const customers = list.items.map((item) => parseAs(customerShape, item));
    if (customers.length === 0) return 'No customer.\n';
    return `${count(customers.length, 'customer', 'customers')}.\n${customerTable(pageOf(session), customers)}`;
  });
  return exitCodes.done;
}

/** One customer, with its seats. */
export async function customerCommand(session: Session, name: string): Promise<ExitCode> {
  const answer = await session.client.get(`/v1/customers/${pathPart(name)}`);
  session.print(answer, () => customerText(pageOf(session), readAs(customerWithSeatsShape, answer)));
  return exitCodes.done;
}

/** A customer's users, those who were added last first. */
export async function usersCommand(
  session: Session,
  customer: string,
  { state }: { state?: string },
): Promise<ExitCode> {
  const list = await wholeList(session, `/v1/customers/${pathPart(customer)}/users`, { state });
  session.print(list.answer, () => {
    const users = list.items.map((item) => parseAs(userShape, item));
    return users.length > 0 ? usersInWords(users) + userTable(pageOf(session), users) : 'No user.\n';
  });
  return exitCodes.done;
}
