import type { Api } from '../../route.ts';
import { claim, giveUp, verify } from './admin-sign-in-domain.ts';
import { overview } from './admin-sign-in-overview.tsx';
import { type Act, addPage, rooms } from './admin-sign-in-place.ts';
import { change, changeForm, draft, newForm } from './admin-sign-in-provider-form.tsx';
import { goLive, providerPage, reasonPage, retire, signOut, tryIt } from './admin-sign-in-provider.tsx';
import { endSession, sessionsPage } from './admin-sign-in-session.tsx';
import { makeToken, revokeToken } from './admin-sign-in-token.tsx';

const reads: readonly Act[] = [
  {
    name: 'Page',
    path: '',
    summary: 'How an organization’s people sign in',
    run: (c, place) => overview(c, place),
  },
  {
    name: 'NewPage',
    path: '/new',
    summary: 'The form to write down a provider',
    run: (c, place) => newForm(c, place),
  },
  {
    name: 'ProviderPage',
    path: '/providers/{id}',
    summary: 'One provider, and what may be done with it',
    run: (c, place) => providerPage(c, place, null),
  },
  {
    name: 'ChangePage',
    path: '/providers/{id}/change',
    summary: 'The form to change a draft',
    run: (c, place) => changeForm(c, place),
  },
  {
    name: 'RetirementPage',
    path: '/providers/{id}/retirement',
    summary: 'What retiring a provider does, and its form',
    run: (c, place) => reasonPage(c, place, 'retirement', {}, null),
  },
  {
    name: 'SignOutPage',
    path: '/providers/{id}/sign-out',
    summary: 'What signing everybody out does, and its form',
    run: (c, place) => reasonPage(c, place, 'sign-out', {}, null),
  },
  {
    name: 'SessionsPage',
    path: '/sessions',
    summary: 'Who of an organization is signed in',
    run: (c, place) => sessionsPage(c, place, null),
  },
];

const writes: readonly Act[] = [
  { name: 'Draft', path: '/providers', summary: 'Write down a provider', run: draft },
  { name: 'Change', path: '/providers/{id}', summary: 'Change a draft', run: change },
  { name: 'Try', path: '/providers/{id}/trial', summary: 'Try a provider', run: tryIt },
  { name: 'GoLive', path: '/providers/{id}/go-live', summary: 'Let a provider live', run: goLive },
  { name: 'Retire', path: '/providers/{id}/retirement', summary: 'Retire a provider', run: retire },
  { name: 'SignOut', path: '/providers/{id}/sign-out', summary: 'Sign everybody out', run: signOut },
  { name: 'Claim', path: '/domains', summary: 'Claim a mail domain', run: claim },
  { name: 'Verify', path: '/domains/{id}/verification', summary: 'Look for a domain’s proof', run: verify },
  { name: 'GiveUp', path: '/domains/{id}/removal', summary: 'Give a domain up', run: giveUp },
  { name: 'MakeToken', path: '/tokens', summary: 'Make a token for the directory', run: makeToken },
  {
    name: 'RevokeToken',
    path: '/tokens/{id}/revocation',
    summary: 'Revoke a directory’s token',
    run: revokeToken,
  },
  { name: 'EndSession', path: '/sessions/{id}/revocation', summary: 'End a session', run: endSession },
];

/** Ids of these pages' operations, for the tables that try every route. */
export const signInPageIds = {
  reading: (id: string) => reads.map(({ name }) => `${id}${name}`),
  writing: (id: string) => writes.map(({ name }) => `${id}${name}`),
};

export function adminSignInPages(app: Api): void {
  for (const room of rooms) {
    for (const act of reads) addPage(app, room, act, 'get');
    for (const act of writes) addPage(app, room, act, 'post');
  }
}
