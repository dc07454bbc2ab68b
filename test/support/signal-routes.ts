import { sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';
import type { ManagedCase } from './managed-routes.ts';
import { type Role, roleNames, roles } from './matrix.ts';

const managing = ['omar', 'ada', 'anna', 'gus'] as const;
const managingAcme = ['omar', 'ada', 'anna'] as const;
const reading = ['sita', 'ada', 'omar', 'anna', 'gus'] as const;
const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

/** A source of that administrator's organization. */
async function source(http: ApiHarness, by: string = roles.anna): Promise<{ id: string }> {
  const id = newId('sigsrc');
  await http.ledger.owner.db.execute(sql`
    insert into signal_source (id, organization_id, name, issuer, audience, jwks, made_by)
    select ${id}, organization_id, 'Test', 'https://idp.example', 'tenure', ${JSON.stringify({ keys: [jwk] })}::jsonb, id
    from person where email = ${by}`);
  return { id };
}

/** An open signal about somebody of that administrator's organization who is nobody of those who try. */
export async function openSignal(http: ApiHarness, by: string = roles.anna): Promise<{ id: string }> {
  const [id, person] = [newId('sig'), newId('person')];
  const { db } = http.ledger.owner;
  const { id: from } = await source(http, by);
  await db.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select ${person}, organization_id, ${`${person}@signals.example`}, 'Kai', 'employee' from person where email = ${by}`);
  await db.execute(sql`
    insert into signal (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at)
    select ${id}, id, organization_id, ${id}, 'device-compliance-change', 'device', 'opens', 'device-not-compliant', '{}', tenure_now()
    from signal_source where id = ${from}`);
  await http.ledger.system.db.execute(
    sql`update signal set state = 'open', person_id = ${person} where id = ${id}`,
  );
  return { id };
}

/** A source of the same that sends alerts. */
export async function alertSource(http: ApiHarness, by: string = roles.anna): Promise<{ id: string }> {
  const { id } = await source(http, by);
  await http.ledger.owner.db.transaction(async (tx) => {
    await tx.execute(sql`alter table signal_source disable trigger user`);
    await tx.execute(
      sql`update signal_source set kind = 'alert', issuer = null, audience = null, jwks = null, sealed_secret = 'x' where id = ${id}`,
    );
    await tx.execute(sql`alter table signal_source enable trigger user`);
  });
  return { id };
}

const elsewhere =
  (make: typeof source, prefix: 'sig' | 'sigsrc') =>
  (http: ApiHarness, role: Role): Promise<{ id: string }> | { id: string } =>
    role === 'gus' || role === 'anna'
      ? make(http, role === 'gus' ? roles.anna : roles.gus)
      : { id: newId(prefix) };

/** The routes of signals, by every role. */
export const signalCases: Record<string, ManagedCase> = {
  // Nobody signs in: a source that is known here alone is heard.
  receiveSignal: {
    passing: roleNames,
    admitted: [],
    otherwise: 401,
    params: () => ({ id: newId('sigsrc') }),
    body: () => ({}),
  },
  listSignals: { passing: reading, admitted: reading },
  rotateAlertSecret: {
    passing: managing,
    admitted: managingAcme,
    params: (http) => alertSource(http),
    foreign: elsewhere(alertSource, 'sigsrc'),
    body: () => ({}),
  },
  closeSignal: {
    passing: managing,
    admitted: managingAcme,
    params: (http) => openSignal(http),
    foreign: elsewhere(openSignal, 'sig'),
    body: () => ({ reason: 'A test' }),
  },
  listSignalSources: { passing: managing, admitted: managing },
  makeSignalSource: {
    passing: managing,
    admitted: managingAcme,
    body: () => ({
      organization: 'acme',
      name: 'Test',
      issuer: 'https://idp.example',
      audience: 'tenure',
      jwks: { keys: [jwk] },
    }),
  },
  endSignalSource: {
    passing: managing,
    admitted: managingAcme,
    params: (http) => source(http),
    foreign: elsewhere(source, 'sigsrc'),
    body: () => ({}),
  },
};
