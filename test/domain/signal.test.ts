import { describe, expect, it } from 'vitest';
import { readSecurityEvent, UnreadableSignal } from '../../domain/signal.ts';

const nowMs = Date.parse('2026-11-23T10:00:00Z');
const sam = { format: 'email', email: 'sam@northwind.example' };
const caep = 'https://schemas.openid.net/secevent/caep/event-type/';
const risc = 'https://schemas.openid.net/secevent/risc/event-type/';
const read = (uri: string, subject: object, event: object = {}) =>
  readSecurityEvent({ events: { [uri]: event }, sub_id: subject, iat: nowMs / 1_000 }, nowMs);

describe('Devices', () => {
  const complies = (device: object | null, status: string) =>
    read(
      `${caep}device-compliance-change`,
      { format: 'complex', user: sam, ...(device && { device }) },
      { current_status: status },
    );
  const one = { format: 'opaque', id: 'd1' };

  it('are families of their own: the one that complies again says nothing of another', () => {
    const bad = complies(one, 'not-compliant');
    expect(bad).toMatchObject({
      effect: 'opens',
      name: 'device-not-compliant',
      subject: { email: sam.email },
    });
    const good = complies({ id: 'd1', format: 'opaque' }, 'compliant');
    expect(good).toMatchObject({ effect: 'closes', family: bad.family });
    const others = [complies({ format: 'opaque', id: 'd2' }, 'compliant'), complies(null, 'compliant')];
    for (const other of others) expect(other.family).not.toBe(bad.family);
  });

  it('that name too much, or nothing, are one with those that are not named', () => {
    const unnamed = complies(null, 'not-compliant').family;
    expect(unnamed).toBe('device');
    const long = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, name.repeat(400)]));
    for (const device of [{}, { id: 5 }, long])
      expect(complies(device, 'not-compliant').family).toBe('device');
  });
});

describe('Subjects', () => {
  it('may be several names of one person, of which each kind counts once', () => {
    const identifiers = [
      { format: 'phone_number', phone_number: '+1' },
      sam,
      { format: 'email', email: 'other@northwind.example' },
      { format: 'iss_sub', iss: 'https://idp.example', sub: 'u1' },
    ];
    const { subject } = read(`${caep}session-revoked`, { format: 'aliases', identifiers });
    expect(subject).toEqual({ email: sam.email, issuer: 'https://idp.example', subject: 'u1' });
    const nested = { format: 'complex', user: { format: 'aliases', identifiers: [sam] } };
    expect(read(`${caep}session-revoked`, nested).subject).toEqual({ email: sam.email });
    for (const nobody of [{ format: 'aliases' }, { format: 'aliases', identifiers: [[], 'x', null] }])
      expect(() => read(`${caep}session-revoked`, nobody)).toThrow(UnreadableSignal);
  });

  it('that nobody is known by here are those of nobody, and no fault of the token', () => {
    const phone = { format: 'phone_number', phone_number: '+1' };
    const session = { format: 'opaque', id: 's-1' };
    for (const stranger of [
      phone,
      { format: 'aliases', identifiers: [phone] },
      { format: 'complex', user: phone },
      { format: 'complex', session },
      { session },
    ])
      expect(read(`${caep}session-revoked`, stranger).subject, JSON.stringify(stranger)).toEqual({});
    for (const unsaid of [{}, { format: '' }, { format: 'email' }, { format: 'opaque', id: 7 }, { user: {} }])
      expect(() => read(`${caep}session-revoked`, unsaid), JSON.stringify(unsaid)).toThrow(UnreadableSignal);
  });
});

describe('Events of RISC', () => {
  it.each([
    ['account-purged', 'account-disabled'],
    ['credential-compromise', 'credential-change'],
    ['sessions-revoked', 'session-revoked'],
    ['account-disabled', 'account-disabled'],
  ])('%s is taken as %s', (event, kind) => {
    expect(read(`${risc}${event}`, sam)).toMatchObject({ kind, effect: 'opens' });
  });
});
