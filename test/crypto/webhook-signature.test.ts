import { createHmac, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  signWebhook,
  verifyWebhook,
  type WebhookDelivery,
  type WebhookScheme,
  webhookSchemes,
  webhookSecret,
} from '../../crypto/webhook-signature.ts';

const nowMs = Date.UTC(2026, 10, 22, 14, 2, 0);
const nowSeconds = nowMs / 1_000;
const url = 'https://tenure.northwind.example/v1/events/hubspot';
const body = Buffer.from('{"id":"evt_1UmbraCreated","name":"Ümbra ☂"}');

const secretsOf: Record<WebhookScheme, [string, string]> = {
  stripe: ['whsec_northwind-stripe-one', 'whsec_northwind-stripe-two'],
  hubspot: ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy', 'zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz'],
  standard: [webhookSecret(Buffer.alloc(32, 7)), webhookSecret(Buffer.alloc(32, 8))],
};

/** What a server hands over; header values as they are, hostile ones too. */
function delivery(headers: Record<string, string>, changes: Partial<WebhookDelivery> = {}): WebhookDelivery {
  return {
    headers: { get: (name) => (Object.hasOwn(headers, name) ? (headers[name] ?? null) : null) },
    body,
    method: 'POST',
    url,
    ...changes,
  };
}

function signed(scheme: WebhookScheme, secret = secretsOf[scheme][0], signedAtMs = nowMs) {
  return signWebhook(scheme, secret, { body, signedAtMs, deliveryId: 'msg_umbra-1', method: 'POST', url });
}

const signatureHeader = {
  stripe: 'stripe-signature',
  hubspot: 'x-hubspot-signature-v3',
  standard: 'webhook-signature',
} as const;

describe('what a sender of each kind signs by itself is admitted', () => {
  it('Stripe: hexadecimal HMAC over instant, full stop and raw body', () => {
    const mac = createHmac('sha256', 'whsec_northwind-stripe-one');
    const v1 = mac.update(Buffer.concat([Buffer.from(`${nowSeconds}.`), body])).digest('hex');
    const headers = { 'stripe-signature': `t=${nowSeconds},v1=${v1},v0=${'0'.repeat(64)}` };
    expect(verifyWebhook('stripe', delivery(headers), ['whsec_northwind-stripe-one'], nowMs)).toEqual({
      ok: true,
      signedAt: '2026-11-22T14:02:00.000Z',
    });
    expect(signed('stripe')).toEqual({ 'stripe-signature': `t=${nowSeconds},v1=${v1}` });
  });

  it('HubSpot: base64 HMAC over method, address, raw body and milliseconds', () => {
    const secret = secretsOf.hubspot[0];
    const text = `POST${url}${body.toString('utf8')}${nowMs}`;
    const headers = {
      'x-hubspot-signature-v3': createHmac('sha256', secret).update(text, 'utf8').digest('base64'),
      'x-hubspot-request-timestamp': String(nowMs),
    };
    expect(verifyWebhook('hubspot', delivery(headers), [secret], nowMs).ok).toBe(true);
    expect(signed('hubspot')).toEqual(headers);
  });

  it("HubSpot: the address's listed characters are signed decoded, all others as they were sent", () => {
    const secret = secretsOf.hubspot[0];
    const sent =
      'https://t.example/v1/events/hubspot?to=%3A%2f%3F%40%21%24%27%28%29%2A%2C%3b&g=%20%25%26%3D%C3%BC';
    const text = `POSThttps://t.example/v1/events/hubspot?to=:/?@!$'()*,;&g=%20%25%26%3D%C3%BC${body.toString('utf8')}${nowMs}`;
    const headers = {
      'x-hubspot-signature-v3': createHmac('sha256', secret).update(text, 'utf8').digest('base64'),
      'x-hubspot-request-timestamp': String(nowMs),
    };
    expect(verifyWebhook('hubspot', delivery(headers, { url: sent }), [secret], nowMs).ok).toBe(true);
  });

  it('Standard Webhooks: base64 HMAC over id, instant and raw body, by the bytes of the secret', () => {
    const key = randomBytes(24);
    const content = Buffer.concat([Buffer.from(`msg_1.${nowSeconds}.`), body]);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(nowSeconds),
      'webhook-signature': `v1a,${'A'.repeat(86)}== v1,${createHmac('sha256', key).update(content).digest('base64')}`,
    };
    const secret = `whsec_${key.toString('base64')}`;
    expect(verifyWebhook('standard', delivery(headers), [secret], nowMs)).toEqual({
      ok: true,
      signedAt: '2026-11-22T14:02:00.000Z',
      deliveryId: 'msg_1',
    });
  });

  it("Standard Webhooks: the specification's own example verifies", () => {
    const text = '{"test": 2432232314}';
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
    const found = verifyWebhook(
      'standard',
      delivery(headers, { body: Buffer.from(text) }),
      secrets,
      1_614_265_330_000,
    );
    expect(found).toMatchObject({ ok: true, deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
  });
});

describe.each(webhookSchemes)('a delivery signed as %s', (scheme) => {
  const [one, two] = secretsOf[scheme];
  const verdict = (
    headers: Record<string, string>,
    {
      secrets = [one],
      at = nowMs,
      ...changes
    }: Partial<WebhookDelivery> & { secrets?: string[]; at?: number } = {},
  ) => verifyWebhook(scheme, delivery(headers, changes), secrets, at);

  it('is admitted by either of two secrets, and by the old one no more once it is gone', () => {
    expect(verdict(signed(scheme, one), { secrets: [two, one] }).ok).toBe(true);
    expect(verdict(signed(scheme, two), { secrets: [two, one] }).ok).toBe(true);
    expect(verdict(signed(scheme, one), { secrets: [two] })).toEqual({ ok: false, reason: 'wrong' });
  });

  it('is refused when one bit of the body is another, wherever it is', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(7), (index, bit) => {
        const tampered = Buffer.from(body);
        tampered[index] = (tampered[index] ?? 0) ^ (1 << bit);
        expect(verdict(signed(scheme), { body: tampered })).toEqual({ ok: false, reason: 'wrong' });
      }),
    );
    expect(verdict(signed(scheme), { body: Buffer.alloc(0) })).toEqual({ ok: false, reason: 'wrong' });
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1));
    expect(verdict(signed(scheme), { body: rewritten }).ok).toBe(false);
  });

  it('is refused when the instant of another delivery is put beside its signature', () => {
    const [old, fresh] = [signed(scheme, one, nowMs - 3_600_000), signed(scheme)];
    const name = signatureHeader[scheme];
    const swapped =
      scheme === 'stripe'
        ? { [name]: `t=${nowSeconds},${(old[name] ?? '').split(',')[1]}` }
        : { ...fresh, [name]: old[name] ?? '' };
    expect(verdict(swapped)).toEqual({ ok: false, reason: 'wrong' });
  });

  it('is stale beyond five minutes, before and after', () => {
    const minute = 60_000;
    expect(verdict(signed(scheme), { at: nowMs + 5 * minute }).ok).toBe(true);
    expect(verdict(signed(scheme), { at: nowMs - 5 * minute }).ok).toBe(true);
    for (const at of [nowMs + 5 * minute + 1, nowMs - 5 * minute - 1, nowMs + 86_400_000]) {
      expect(verdict(signed(scheme), { at })).toEqual({ ok: false, reason: 'stale' });
    }
  });

  it('is malformed with a part of its signature, and missing without one', () => {
    const headers = signed(scheme);
    const name = signatureHeader[scheme];
    const whole = headers[name] ?? '';
    for (const length of [whole.length - 1, whole.length - 2, whole.length - 20, 5]) {
      expect(verdict({ ...headers, [name]: whole.slice(0, length) })).toEqual({
        ok: false,
        reason: 'malformed',
      });
    }
    for (const gone of Object.keys(headers)) {
      const rest = Object.fromEntries(Object.entries(headers).filter(([header]) => header !== gone));
      expect(verdict(rest)).toEqual({ ok: false, reason: 'missing' });
      expect(verdict({ ...headers, [gone]: '' })).toEqual({ ok: false, reason: 'missing' });
    }
  });

  it('is malformed when any of its headers came twice, whichever of them was right', () => {
    const headers = signed(scheme);
    const other = signed(scheme, two, nowMs - 10_000);
    for (const name of Object.keys(headers)) {
      for (const pair of [
        [headers[name], other[name]],
        [other[name], headers[name]],
      ]) {
        expect(verdict({ ...headers, [name]: pair.join(', ') })).toEqual({ ok: false, reason: 'malformed' });
      }
    }
  });

  it('is malformed, and soon, with a header of 100,000 entries', () => {
    const headers = signed(scheme);
    const name = signatureHeader[scheme];
    const own = headers[name] ?? '';
    const entry = scheme === 'stripe' ? `,v1=${'0'.repeat(64)}` : ` v1,${'A'.repeat(43)}=`;
    const begun = performance.now();
    expect(verdict({ ...headers, [name]: own + entry.repeat(100_000) })).toEqual({
      ok: false,
      reason: 'malformed',
    });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('is admitted by no secret and by no empty one', () => {
    const empty = createHmac('sha256', '');
    const text = body.toString('utf8');
    expect(verdict(signed(scheme), { secrets: [] })).toEqual({ ok: false, reason: 'wrong' });
    const name = signatureHeader[scheme];
    const forged = { ...signed(scheme) };
    if (scheme === 'stripe')
      forged[name] = `t=${nowSeconds},v1=${empty.update(`${nowSeconds}.${text}`).digest('hex')}`;
    if (scheme === 'hubspot') forged[name] = empty.update(`POST${url}${text}${nowMs}`).digest('base64');
    if (scheme === 'standard')
      forged[name] = `v1,${empty.update(`msg_umbra-1.${nowSeconds}.${text}`).digest('base64')}`;
    for (const secrets of [[''], ['whsec_', '']]) expect(verdict(forged, { secrets }).ok).toBe(false);
    expect(() => signed(scheme, '')).toThrow(RangeError);
  });

  it('never throws and is never admitted, whatever its headers hold', () => {
    const names = Object.keys(signed(scheme));
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(
        't=,v1=',
        't=1,t=1,v1=',
        'v1,',
        'v1,=',
        `t=${nowSeconds},v1=${'g'.repeat(64)}`,
        '\u0000',
        '9'.repeat(400),
      ),
      fc.constantFrom(
        `t=${nowSeconds}`,
        String(nowMs),
        String(nowSeconds),
        `${'A'.repeat(43)}=`,
        `v1,${'é'.repeat(43)}=`,
      ),
    );
    fc.assert(
      fc.property(fc.tuple(...names.map(() => hostile)), (values) => {
        const headers = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
        expect(verdict(headers, { secrets: [one, two] }).ok).toBe(false);
      }),
    );
  });
});

it('an id of Standard Webhooks with a full stop is malformed: it could be read as another id and instant', () => {
  const headers = signWebhook('standard', secretsOf.standard[0], {
    body,
    signedAtMs: nowMs,
    deliveryId: 'msg.1',
  });
  const found = verifyWebhook('standard', delivery(headers), [secretsOf.standard[0]], nowMs);
  expect(found).toEqual({ ok: false, reason: 'malformed' });
});

it('HubSpot: another method or address is refused', () => {
  const headers = signed('hubspot');
  for (const changes of [{ method: 'PUT' }, { url: `${url}?x=1` }, { url: url.replace('https', 'http') }]) {
    const found = verifyWebhook('hubspot', delivery(headers, changes), [secretsOf.hubspot[0]], nowMs);
    expect(found).toEqual({ ok: false, reason: 'wrong' });
  }
});

it('a secret of Standard Webhooks that is no key of 24 to 64 bytes admits nothing and signs nothing', () => {
  for (const secret of [
    'whsec_',
    'whsec_YQ==',
    'whsec_!!',
    webhookSecret(Buffer.alloc(23)),
    webhookSecret(Buffer.alloc(65)),
  ]) {
    const headers = signed('standard');
    expect(verifyWebhook('standard', delivery(headers), [secret], nowMs).ok).toBe(false);
    expect(() => signed('standard', secret)).toThrow('not a secret of the scheme standard');
  }
});
