import { describe, expect, it } from 'vitest';
import { relyingPartyOf } from '../../domain/passkey.ts';
import { returnKeeping } from '../../domain/sign-in.ts';

describe('Who passkeys are made for', () => {
  it.each([
    ['https://tenure.example.com', 'tenure.example.com'],
    ['https://tenure.example.com:8443/', 'tenure.example.com'],
    ['http://localhost:3000', 'localhost'],
    ['http://tenure.localhost:3000', 'tenure.localhost'],
    ['http://tenure.example.com', null],
    ['http://127.0.0.1:3000', null],
    ['https://192.0.2.1', null],
    ['https://0x7f000001', null],
    ['https://[2001:db8::1]', null],
  ])('%s: %s', (url, id) => {
    expect(relyingPartyOf(url)?.id ?? null).toBe(id);
    if (id !== null) expect(relyingPartyOf(url)?.origin).toBe(new URL(url).origin);
  });
});

describe('What was typed before signing in anew', () => {
  it('comes back with its form, without what is the form’s own business', () => {
    const form = {
      return: '/requests/new',
      csrf: 'secret',
      signed: 'chal_1',
      ticket: 'NW-1',
      why: 'a & b\nc',
      empty: '',
    };
    expect(returnKeeping(form, '/')).toBe('/requests/new?ticket=NW-1&why=a+%26+b%0Ac');
    expect(returnKeeping({ ...form, return: '/approvals/AR-1?x=1' }, '/')).toBe(
      '/approvals/AR-1?x=1&ticket=NW-1&why=a+%26+b%0Ac',
    );
  });

  it('leaves out what makes the address too long, and never leads elsewhere', () => {
    const form = { return: '/requests/new', ticket: 'NW-1', why: 'ж'.repeat(2_000) };
    expect(returnKeeping(form, '/')).toBe('/requests/new?ticket=NW-1');
    for (const elsewhere of ['//evil.example', 'https://evil.example', '/\\evil', '/sign-in', 7, undefined])
      expect(returnKeeping({ return: elsewhere, ticket: 'x' }, '/')).toBe('/?ticket=x');
  });
});
