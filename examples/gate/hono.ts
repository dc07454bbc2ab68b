import type { Context, MiddlewareHandler } from 'hono';

// One file, to be copied: lets through who may do what a page is about, now, as Tenure says by the AuthZEN Authorization API 1.0.

/** What is asked. `customer` is needed where several customers' data lie in one resource. */
export interface Question {
  /** Who: an e-mail address, or an id of Tenure's. */
  person: string;
  /** On what: a resource's key. */
  resource: string;
  /** The entitlement's key, e.g. `read`. */
  action: string;
  customer?: string;
  /** How they signed in to this application (RFC 8176), for policies that look at it. */
  amr?: string[];
  ip?: string;
}

/** What a yes says. */
export interface Access {
  grant_id?: string;
  /** Until when at the latest. ISO 8601 UTC. */
  until?: string;
}

export interface GateOptions {
  /** Where Tenure is, e.g. `https://tenure.northwind.example`. */
  tenure: string;
  /** The token of this application. */
  token: string;
  /** What the request is about; null where nobody is signed in. */
  question(c: Context): Question | null | Promise<Question | null>;
  /** So long is waited for an answer, in milliseconds; a second unless given. */
  withinMs?: number;
  /** Instead of the plain refusals: 401 nobody, 403 no, 503 no answer. */
  refuse?: (c: Context, status: 401 | 403 | 503, question: Question | null) => Response | Promise<Response>;
}

/**
 * Lets a request through while its person may do what it is about; the yes is there as `c.get('access')`. Every request is asked about
 * anew: an answer of a moment ago may be wrong now. No answer is a no.
 */
export function gate(options: GateOptions): MiddlewareHandler<{ Variables: { access: Access } }> {
  const refuse = options.refuse ?? ((c, status) => c.text(plain[status], status));
  return async (c, next) => {
    const question = await options.question(c);
    if (!question) return refuse(c, 401, null);
    const answer = await ask(options, question).catch(() => null);
    if (!answer) return refuse(c, 503, question);
    if (answer.decision !== true) return refuse(c, 403, question);
    c.set('access', answer.context ?? {});
    c.header('cache-control', 'no-store');
    return next();
  };
}

const plain = {
  401: 'Sign in first.\n',
  403: 'You have no access to this now.\n',
  503: 'Whether you have access cannot be told at the moment. Try again shortly.\n',
};

async function ask(
  { tenure, token, withinMs = 1_000 }: GateOptions,
  { person, resource, action, customer, amr, ip }: Question,
): Promise<{ decision: unknown; context?: Access } | null> {
  const response = await fetch(`${tenure}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'person', id: person },
      action: { name: action },
      resource: { type: 'resource', id: resource },
      context: { customer, amr, ip },
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
  });
  // Answers come from Tenure alone, over the connection that the address names.
  return response.status === 200
    ? ((await response.json()) as { decision: unknown; context?: Access })
    : null;
}
