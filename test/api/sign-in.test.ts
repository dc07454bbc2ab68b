import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, startIdentity } from '../support/identity.ts';
import { comeBack, hiddenOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

const sam = 'sam@northwind.example';

let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});

describe('Signing in', () => {
  it('goes to the provider of the address’s domain, comes back, and begins a session', async () => {
    const visitor = new Visitor();
    const answer = await signIn(visitor, web.url, sam);
    expect(answer.status, answer.text).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    const me = await visitor.send(`${web.url}/v1/me`);
    expect(JSON.parse(me.text)).toMatchObject({ email: sam, amr: ['pwd', 'otp', 'mfa'] });
  });
});
void comeBack; void hiddenOf; void sql;
