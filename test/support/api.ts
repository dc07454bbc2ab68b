import { sql } from 'drizzle-orm';
import { connectionProblems } from '../../activities/connectors/settings.ts';
import { createApi } from '../../api/app.ts';
import type { ApiDeps, Fault } from '../../api/deps.ts';
import type { Api } from '../../api/route.ts';
import { approverRolesOf } from '../../bin/approver-roles.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { mintAccessToken, verifyAccessToken } from '../../crypto/access-token.ts';
import { newPassword } from '../../crypto/password.ts';
import { seal } from '../../crypto/sealing.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from './ledger.ts';

/** An answer, its body read: JSON, or the text of anything else. */
export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into bodies of many shapes, wrong ones among them.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface CallOptions {
  /** Signed in how; with a second factor unless given. */
  amr?: string[];
  headers?: Record<string, string>;
  /** Sent as it is, instead of a JSON body. */
  raw?: string;
}

/** The API in this process, on a ledger of its own with the example company; no port, no Temporal, no target. */
export interface ApiHarness {
  api: Api;
  /** Another API beside it on the same ledger, with some things changed. */
  over(changed: Partial<ApiDeps>): Api;
  ledger: EphemeralLedger;
  /** Lines that the API tried at once, in order. */
  hurried: OutboxLine[];
  faults: Fault[];
  /** Calls as a person (by e-mail), or as nobody. */
  call(
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Answer>;
  token(email: string, amr?: string[], ttlSeconds?: number): Promise<string>;
  /** Does what a worker does once a request is approved: a grant that is being made, or held. */
  provision(requestId: string, state?: 'provisioning' | 'held'): Promise<string>;
  /** Takes the grant away as the worker does once it is due. */
  end(grantId: string, by: string): Promise<void>;
  /** How many rows a table has. */
  count(table: string): Promise<number>;
  /** Types of the audit events about a request, in order. */
  events(requestId: string): Promise<string[]>;
  stop(): Promise<void>;
}

export const allFactors = ['pwd', 'otp', 'mfa'];
const issuer = 'urn:tenure:test';

/** Starts it in a few seconds. */
export async function startApi(differently: Partial<ApiDeps> = {}): Promise<ApiHarness> {
  return apiOn(await ephemeralLedger(), differently);
}

/** The same on a ledger that others use, too. Stopping it stops the ledger. */
export function apiOn(ledger: EphemeralLedger, differently: Partial<ApiDeps> = {}): ApiHarness {
  const hurried: OutboxLine[] = [];
  const faults: Fault[] = [];
  const { keys } = ledger;
  const expected = { issuer, audience: issuer };
  const policies = readDefaultPolicies();
  const deps: ApiDeps = {
    ledger: ledger.app,
    decide: policies.decide,
    holding: policies,
    using: policies,
    approverRoles: approverRolesOf(policies),
    checkConnection: connectionProblems,
    starter: { hurry: (line) => hurried.push(line) },
    verifyToken: (token) => verifyAccessToken(keys.signing.publicKey, token, expected),
    sealing: keys.sealing,
    readAddress: () => Promise.resolve({ error: 'unreachable' }),
    probes: { engine: () => Promise.resolve(true) },
    publicUrl: 'http://localhost:3000',
    onFault: (fault) => faults.push(fault),
    ...differently,
  };
  const api = createApi(deps);

  async function token(email: string, amr = allFactors, ttlSeconds = 900): Promise<string> {
    const rows = await ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = ${email}`,
    );
    return mintAccessToken(keys.signing, {
      personId: rows[0]?.id ?? newId('person'),
      issuer,
      audience: issuer,
      amr,
      authTime: Math.floor(Date.now() / 1_000),
      ttlSeconds,
      installation: { id: 'test', local: true },
    });
  }

  const call: ApiHarness['call'] = async (who, method, path, body, options = {}) => {
    const headers = new Headers(options.headers);
    if (who) headers.set('authorization', `Bearer ${await token(who, options.amr)}`);
    const sent = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    if (sent !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    const response = await api.request(path, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

  async function provision(requestId: string, state: 'provisioning' | 'held' = 'held'): Promise<string> {
    const id = newId('grant');
    const sealed = seal(keys.sealing, newPassword(), `grant:${id}`);
    await ledger.system.db.execute(sql`
      insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, attempts, policy_version, account, sealed_password)
      select ${id}, r.id, 'request', 'provisioning', r.person_id, r.organization_id, r.holder_organization_id, r.resource_id,
        r.entitlement_id, clock.now, clock.now + r.period_ms * interval '1 millisecond', 1, r.policy_version,
        ${`t_${id}`}, ${sealed} from access_request r, (select tenure_now() as now offset 0) clock where r.id = ${requestId}`);
    if (state === 'held') {
      await ledger.system.db.execute(
        sql`update access_request set state = 'granted' where id = ${requestId}`,
      );
      await ledger.system.db.execute(sql`update access_grant set state = 'held' where id = ${id}`);
    }
    return id;
  }

  return {
    api,
    over: (changed) => createApi({ ...deps, ...changed }),
    ledger,
    hurried,
    faults,
    call,
    token,
    provision,
    async end(grantId, by) {
      await ledger.system.db.execute(
        sql`update access_grant set state = 'ended', ended_at = tenure_now(), ended_by = ${by} where id = ${grantId}`,
      );
    },
    async count(table) {
      const rows = await ledger.owner.db.execute<{ n: number }>(
        sql`select count(*)::int as n from ${sql.identifier(table)}`,
      );
      return rows[0]?.n ?? 0;
    },
    async events(requestId) {
      const rows = await ledger.owner.db.execute<{ type: string }>(
        sql`select type from audit_event where request_id = ${requestId} order by id`,
      );
      return rows.map((row) => row.type);
    },
    stop: () => ledger.stop(),
  };
}
