import { sql } from 'drizzle-orm';
import { passkeyExamples } from '../../api/schemas/examples/passkey.ts';
import { scimOperationIds } from '../../api/routes/scim.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';
import type { ManagedCase } from './managed-routes.ts';
import { type Role, roleNames, roles } from './matrix.ts';
import { signalCases } from './signal-routes.ts';
import { webhookCases } from './webhook-routes.ts';

/** The pages on which people sign in; each has its own tests (test/api/sign-in.test.ts, test/api/session.test.ts). */
export const signInPages = [
  'openSignIn',
  'beginSignIn',
  'openSignInCallback',
  'completeSignIn',
  'getContinueScript',
  'beginStepUp',
  'signOut',
  // test/api/passkey.test.ts
  'beginPasskeySignIn',
  'completePasskeySignIn',
  'beginWelcomePasskey',
  'makeWelcomePasskey',
  // Nobody signs in: test/api/scim.test.ts tries each with every kind of token.
  ...scimOperationIds,
];

const everybody = roleNames;
const managingAcme = ['omar', 'ada', 'anna'] as const;
const managingSignIn = ['omar', 'ada', 'anna', 'gus'] as const;

let count = 0;
const next = () => (count += 1);

async function provider(http: ApiHarness, state: 'draft' | 'tried', organization = 'acme') {
  const id = newId('idp');
  await http.ledger.owner.db.execute(sql`
    insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
    select ${newId('dom')}, id, ${`d${next()}.acme.example`}, 't', 'local', tenure_now() from organization where key = ${organization}`);
  await http.ledger.owner.db.execute(sql`
    insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state, changed_by)
    select ${id}, id, 'Test', 'https://sign-in.acme.example', 'tenure', '{"email":"email","emailVerified":"email_verified","name":"name"}', ${state},
      (select id from person where email = 'tom@acme.example')
    from organization where key = ${organization}`);
  return { id };
}

async function domain(http: ApiHarness, organization = 'acme') {
  const id = newId('dom');
  await http.ledger.owner.db.execute(sql`
    insert into sign_in_domain (id, organization_id, domain, token, asked_by)
    select ${id}, o.id, ${`d${next()}.acme.example`}, 'token', p.id from organization o, person p
    where o.key = ${organization} and p.email = 'tom@acme.example'`);
  return { id };
}

/** A token of that administrator's customer. Two are good at a time: those that were tried make room. */
async function scimToken(http: ApiHarness, madeBy: string = roles.anna) {
  const id = newId('stk');
  const { db } = http.ledger.owner;
  await db.execute(
    sql`update scim_token set revoked_at = tenure_now(), revoked_by = made_by where revoked_at is null`,
  );
  await db.execute(sql`
    insert into scim_token (id, organization_id, label, token_hash, made_by, expires_at)
    select ${id}, organization_id, 'Test', ${id}, id, tenure_now() + interval '1 day' from person where email = ${madeBy}`);
  return { id };
}

async function session(http: ApiHarness, email: string) {
  const id = newId('ses');
  await http.ledger.owner.db.execute(sql`
    insert into session (id, person_id, organization_id, method, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
    select ${id}, id, organization_id, 'passkey', ${id}, 'token', '{}', tenure_now(), tenure_now() + interval '1 hour', tenure_now() + interval '1 hour', 'Test'
    from person where email = ${email}`);
  return { id };
}

/** A passkey of theirs, as their session makes one. */
async function passkey(http: ApiHarness, email: string) {
  const [id, challenge] = [newId('pk'), newId('chal')];
  const by = await session(http, email);
  await http.ledger.owner.db.execute(sql`
    insert into passkey_challenge (id, organization_id, purpose, person_id, session_id, browser_hash, challenge, nonce, expires_at)
    select ${challenge}, organization_id, 'enrol', id, ${by.id}, 'test', ${challenge}, 'test', tenure_now() + interval '1 minute'
    from person where email = ${email}`);
  await http.ledger.owner.db.execute(
    sql`update passkey_challenge set used_at = tenure_now() where id = ${challenge}`,
  );
  await http.ledger.owner.db.execute(sql`
    insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id)
    select ${id}, id, organization_id, ${id}, 'none', 0, '{}', false, 'Test', 'self', ${challenge} from person where email = ${email}`);
  // Ten are enough: those that were tried make room.
  await http.ledger.owner.db.execute(sql`
    update passkey set revoked_at = tenure_now(), revoked_by = 'removal' where id <> ${id} and revoked_at is null`);
  return { id };
}

const elsewhere = (_http: ApiHarness, role: Role) => {
  if (role === 'gus') return { id: 'acme' };
  return { id: role === 'anna' ? 'northwind' : 'nowhere' };
};
const nothing = () => ({});
const unreachable = () => ({ name: 'Test', issuer: 'https://127.0.0.1:1', client_id: 'tenure' });
const acme = () => ({ id: 'acme' });
const foreignProvider = async (http: ApiHarness, role: Role) =>
  role === 'gus' || role === 'anna'
    ? provider(http, 'tried', role === 'gus' ? 'acme' : 'globex')
    : { id: newId('idp') };
const foreignDomain = async (http: ApiHarness, role: Role) =>
  role === 'gus' || role === 'anna' ? domain(http, role === 'gus' ? 'acme' : 'globex') : { id: newId('dom') };

/** Sign-in as it is managed, and sessions, by every role. */
export const signInCases: Record<string, ManagedCase> = {
  ...webhookCases,
  ...signalCases,
  listSignInProviders: { passing: managingSignIn, admitted: managingAcme, params: acme, foreign: elsewhere },
  // What can be reached is tried in test/api/sign-in-provider.test.ts; here nothing answers.
  draftSignInProvider: {
    passing: managingSignIn,
    admitted: [],
    otherwise: 422,
    refused: { gus: 404 },
    params: acme,
    foreign: elsewhere,
    body: unreachable,
  },
  getSignInProvider: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => provider(http, 'draft'),
    foreign: foreignProvider,
  },
  changeSignInProvider: {
    passing: managingSignIn,
    admitted: [],
    otherwise: 422,
    refused: { gus: 404 },
    params: (http) => provider(http, 'draft'),
    foreign: foreignProvider,
    body: unreachable,
  },
  trySignInProvider: {
    passing: managingSignIn,
    admitted: [],
    otherwise: 422,
    refused: { gus: 404 },
    params: (http) => provider(http, 'draft'),
    foreign: foreignProvider,
    body: nothing,
  },
  letSignInProviderLive: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => provider(http, 'tried'),
    foreign: foreignProvider,
    body: nothing,
  },
  retireSignInProvider: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => provider(http, 'tried'),
    foreign: foreignProvider,
    body: () => ({ reason: 'A test' }),
  },
  signOutOfSignInProvider: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => provider(http, 'draft'),
    foreign: foreignProvider,
    body: () => ({ reason: 'A test' }),
  },
  listWaitingSignInDomains: { passing: ['omar', 'ada', 'sita'], admitted: ['omar', 'ada', 'sita'] },
  listSignInDomains: { passing: managingSignIn, admitted: managingAcme, params: acme, foreign: elsewhere },
  claimSignInDomain: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: acme,
    foreign: elsewhere,
    body: () => ({ domain: `claimed${next()}.acme.example` }),
  },
  verifySignInDomain: {
    passing: managingSignIn,
    admitted: [],
    otherwise: 409,
    refused: { gus: 404 },
    params: (http) => domain(http),
    foreign: foreignDomain,
    body: nothing,
  },
  acceptSignInDomain: {
    passing: ['omar', 'ada', 'sita'],
    admitted: ['omar', 'ada', 'sita'],
    params: (http) => domain(http),
    foreign: () => ({ id: newId('dom') }),
    body: nothing,
  },
  removeSignInDomain: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => domain(http),
    foreign: foreignDomain,
    body: nothing,
  },
  listScimTokens: { passing: managingSignIn, admitted: managingAcme, params: acme, foreign: elsewhere },
  makeScimToken: {
    passing: ['anna', 'gus'],
    admitted: ['anna'],
    params: acme,
    foreign: elsewhere,
    body: () => ({ label: `Directory ${next()}` }),
  },
  revokeScimToken: {
    passing: managingSignIn,
    admitted: managingAcme,
    params: (http) => scimToken(http),
    foreign: (http, role) =>
      role === 'gus' || role === 'anna'
        ? scimToken(http, role === 'gus' ? roles.anna : roles.gus)
        : { id: newId('stk') },
    body: nothing,
  },
  listSessions: { passing: everybody, admitted: everybody },
  revokeOtherSessions: { passing: everybody, admitted: everybody, body: nothing },
  getNoticeChoices: { passing: everybody, admitted: everybody },
  chooseNotices: { passing: everybody, admitted: everybody, body: () => ({ reminders: 'hourly' }) },
  revokeSession: {
    passing: everybody,
    admitted: ['omar', 'sita', 'ada', 'anna'],
    params: (http) => session(http, 'tom@acme.example'),
    foreign: (http, role) =>
      ['omar', 'sita', 'ada'].includes(role)
        ? { id: newId('ses') }
        : session(http, role === 'gus' ? roles.anna : roles.gus),
    body: nothing,
  },
  listPasskeys: { passing: everybody, admitted: everybody },
  // By a token: what a browser's session does is tried in test/api/passkey.test.ts.
  beginPasskey: { passing: everybody, admitted: [], otherwise: 403, body: nothing },
  makePasskey: {
    passing: everybody,
    admitted: [],
    otherwise: 403,
    body: () => passkeyExamples.making,
  },
  beginPasskeyStepUp: { passing: everybody, admitted: [], otherwise: 403, body: nothing },
  completePasskeyStepUp: {
    passing: everybody,
    admitted: [],
    otherwise: 403,
    body: () => passkeyExamples.answer,
  },
  renamePasskey: {
    passing: everybody,
    admitted: ['anna'],
    params: (http) => passkey(http, roles.anna),
    foreign: (http, role) => passkey(http, role === 'anna' ? roles.gus : roles.anna),
    body: () => ({ name: 'The key on my ring' }),
  },
  revokePasskey: {
    passing: everybody,
    admitted: ['omar', 'sita', 'ada', 'anna'],
    params: (http) => passkey(http, 'tom@acme.example'),
    foreign: (http, role) =>
      ['omar', 'sita', 'ada'].includes(role)
        ? { id: newId('pk') }
        : passkey(http, role === 'gus' ? roles.anna : roles.gus),
    body: nothing,
  },
};
