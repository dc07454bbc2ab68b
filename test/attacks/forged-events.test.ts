import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { eventFixture } from '../support/event-fixtures.ts';
import { deliver, type DeliveryOptions, provideExampleSources, secrets } from '../support/events.ts';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  await provideExampleSources(http.ledger);
});
afterAll(() => http.stop());

const bodies: Record<string, unknown> = {
  stripe: eventFixture('stripe-subscription-created'),
  hubspot: eventFixture('hubspot-deal-won'),
  erp: eventFixture('cloudevent-contract-signed'),
};
const timestampHeader: Record<string, string> = {
  stripe: 'stripe-signature',
  hubspot: 'x-hubspot-request-timestamp',
  erp: 'webhook-timestamp',
};
const signatureHeader: Record<string, string> = {
  stripe: 'stripe-signature',
  hubspot: 'x-hubspot-signature-v3',
  erp: 'webhook-signature',
};

async function refusals(): Promise<{ source: string; reason: string | null }[]> {
  return http.ledger.owner.db.execute<{ source: string; reason: string | null }>(sql`
    select e.subject_id as source, t.reason from audit_event e join audit_text t on t.event_id = e.id
    where e.type = 'event.refused' order by e.id`);
}

beforeEach(async () => {
  expect(await http.count('inbound_event')).toBe(0);
});

describe.each(Object.keys(bodies))(
  'What %s did not sign is refused, put on record, and nothing else',
  (source) => {
    const body = bodies[source];
    const old = Date.now() - 6 * 60_000;
    const forgeries: [string, DeliveryOptions, string][] = [
      ['another secret', { secret: 'whsec_bm90LXRoZS1zZWNyZXQtYXQtYWxsLTAxMjM0NTY3' }, 'wrong'],
      [
        'one byte changed',
        { altered: (text) => text.replace(/\d(?=[^\d]*$)/, (d) => String((Number(d) + 1) % 10)) },
        'wrong',
      ],
      [
        'written again from what was parsed',
        { altered: (text) => JSON.stringify(JSON.parse(text), null, 1) },
        'wrong',
      ],
      ['signed six minutes ago', { signedAtMs: old }, 'stale'],
      ['signed six minutes ahead', { signedAtMs: Date.now() + 6 * 60_000 }, 'stale'],
      ['no signature', { without: signatureHeader[source] ?? '' }, 'missing'],
      ['no instant', { without: timestampHeader[source] ?? '' }, 'missing'],
    ];

    it.each(forgeries)('%s', async (_what, options, reason) => {
      // A later API has its own memory of what it put on record a moment ago.
      const fresh = { api: http.over({}) };
      const before = await http.count('audit_event');
      const outcome = await deliver(fresh, source, body, options);
      expect(outcome).toMatchObject({ status: 401, body: { type: 'urn:tenure:problem:unauthenticated' } });
      expect(await http.count('audit_event')).toBe(before + 1);
      expect((await refusals()).at(-1)).toEqual({ source, reason });
      expect(await http.count('outbox')).toBe(0);
    });

    it('another source’s secret, however that source signs', async () => {
      for (const other of Object.keys(secrets).filter((key) => key !== source)) {
        const secret = secrets[other] ?? '';
        const tried = await deliver(http, source, body, { secret }).catch((error: unknown) => error);
        // The secret of one scheme may be none of another: then nobody can sign with it at all.
        if (tried instanceof RangeError) continue;
        expect(tried).toMatchObject({ status: 401 });
      }
    });
  },
);

describe('Nothing is told to who cannot sign', () => {
  it('a source that does not exist is answered as a wrong signature is', async () => {
    const wrong = await deliver(http, 'erp', bodies['erp'], { secret: `whsec_${'QUJD'.repeat(10)}` });
    const unknown = await deliver(http, 'nobody', bodies['erp'], { secret: secrets['erp'] ?? '' });
    const { instance: _one, ...first } = wrong.body;
    const { instance: _other, ...second } = unknown.body;
    expect(second).toEqual(first);
    expect((await refusals()).at(-1)).toEqual({ source: 'unknown', reason: 'unknown-source' });
  });

  it('a flood of forgeries fills no table, and uses up nothing that the source itself may send', async () => {
    const before = await http.count('audit_event');
    const begun = performance.now();
    const statuses = new Set<number>();
    // Not all at once: then one would wait so long for its turn that it is answered as late.
    for (let wave = 0; wave < 12; wave += 1) {
      const forged = await Promise.all(
        Array.from({ length: 500 }, async () =>
          http.api.request('/v1/events/stripe', {
            method: 'POST',
            headers: { 'stripe-signature': `t=${Math.floor(Date.now() / 1_000)},v1=${'0'.repeat(64)}` },
            body: '{}',
          }),
        ),
      );
      for (const { status } of forged) statuses.add(status);
    }
    expect(statuses).toEqual(new Set([401]));
    const seconds = (performance.now() - begun) / 1_000;
    expect((await http.count('audit_event')) - before).toBeLessThanOrEqual(seconds + 1);
    expect(await http.count('inbound_event')).toBe(0);
  });

  it('what is too large is not even read', async () => {
    const answer = await deliver(http, 'erp', { filler: 'x'.repeat(1024 * 1024) });
    expect(answer).toMatchObject({ status: 413 });
  });
});
