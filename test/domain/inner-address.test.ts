import { describe, expect, it } from 'vitest';
import { isInner } from '../../domain/inner-address.ts';
import { askedPauseMs, pauseAfter, readWebhookUrl } from '../../domain/webhook.ts';

describe('An inner address', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '0.0.0.0',
    '192.0.2.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::',
    '3fff::1',
    '2001:20::1',
    '5f00::1',
    '2002:a9fe:a9fe::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    // What is no address at all.
    '',
    '1.2.3',
    '1.2.3.256',
    '0177.0.0.1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '::1.2.3.256',
  ])('%s is one', (address) => expect(isInner(address)).toBe(true));

  it.each([
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '2606:2800:220:1::1',
    '2606:2800:220:1:248:1893:25c8:1946',
    '::ffff:93.184.216.34',
    '64:ff9b::93.184.216.34',
    '2002:5db8:d822::1',
  ])('%s is none', (address) => expect(isInner(address)).toBe(false));
});

describe('The address of a webhook', () => {
  it.each([
    'http://example.com/',
    'https://user:password@example.com/',
    'https://user@example.com/',
    'https://example.com:22/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://tenure.localhost./',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '//example.com',
    '',
    `https://example.com/${'x'.repeat(2_000)}`,
  ])('is not %s', (url) => expect(readWebhookUrl(url, 'outside')).toHaveProperty('problem'));

  it('is kept as it is sent to', () => {
    expect(readWebhookUrl('https://EXAMPLE.com:443/a?b=c#d', 'outside')).toEqual({
      url: 'https://example.com/a?b=c',
    });
    expect(readWebhookUrl('https://example.com:8443', 'outside')).toEqual({
      url: 'https://example.com:8443/',
    });
    expect(readWebhookUrl('http://127.0.0.1:9000/x', 'anywhere')).toEqual({ url: 'http://127.0.0.1:9000/x' });
    for (const url of ['http://user@127.0.0.1/', 'ftp://127.0.0.1/', 'x'])
      expect(readWebhookUrl(url, 'anywhere')).toHaveProperty('problem');
  });
});

describe('The pauses between tries', () => {
  it('grow from seconds to hours, eight tries altogether, a little longer by chance', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => pauseAfter(tries, null, 0));
    const minutes = pauses.map((ms) => ms && ms / 60_000);
    expect(minutes).toEqual([5 / 60, 5, 30, 120, 300, 600, 600, null]);
    expect(pauseAfter(1, null, 1)).toBe(6_000);
  });

  it('are as long as the other side asks for, but no longer than half a day and never shorter', () => {
    const now = Date.parse('2026-11-23T09:00:00.000Z');
    expect(askedPauseMs('120', now)).toBe(120_000);
    expect(askedPauseMs('Mon, 23 Nov 2026 09:01:00 GMT', now)).toBe(60_000);
    expect(askedPauseMs('Mon, 23 Nov 2026 08:00:00 GMT', now)).toBe(0);
    for (const nothing of [null, '', 'soon', '-1']) expect(askedPauseMs(nothing, now) ?? 0).toBe(0);
    expect(pauseAfter(1, 120_000, 0)).toBe(120_000);
    expect(pauseAfter(2, 1_000, 0)).toBe(300_000);
    expect(pauseAfter(1, 1e15, 0)).toBe(12 * 3_600_000);
    expect(pauseAfter(8, 1_000, 0)).toBeNull();
  });
});
