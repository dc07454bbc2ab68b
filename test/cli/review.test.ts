import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examples } from '../../api/schemas/examples.ts';
import { after, type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const { dueReview, reviewLine } = examples;
const sam = 'sam@northwind.example';

describe('review', () => {
  let api: FakeApi;
  beforeEach(async () => {
    globalThis.process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());
  const run = (...words: string[]) => runWords(api.url, words, { columns: 120 });

  it('lists what lapses and what has lapsed, over all pages', async () => {
    const lapsed = { ...dueReview, role: 'on-call', until: after(-60), is_lapsed: true };
    api.on('GET /v1/reviews/due', [
      { body: { items: [lapsed], next_cursor: 'more' } },
      { body: { items: [dueReview], next_cursor: null } },
    ]);
    const { code, out } = await run('review', 'due', '--before', '2026-12-31T00:00Z', '--customer', 'acme');
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toMatchObject({ before: '2026-12-31T00:00:00.000Z', customer: 'acme' });
    expect(api.calls[1]?.query).toMatchObject({ cursor: 'more' });
    expect(out).toContain('1 role lapses, 1 has lapsed.\n');
    expect(out).toMatch(/13:02Z\s+Sam <sam@northwind.example>\s+Northwind Cloud\s+on-call\s+never/);
    expect(out).toMatch(
      /10 Dec 09:00Z\s+Sam <sam@northwind.example>\s+Northwind Cloud\s+support-engineer\s+never/,
    );
    expect(out).toContain('review keep <person>');
  });

  it('says when nothing lapses', async () => {
    api.on('GET /v1/reviews/due', { body: { items: [], next_cursor: null } });
    expect((await run('review')).out).toBe('Nothing lapses until then.\n');
  });

  it.each([
    [
      ['--role', 'support-engineer', '--role', 'on-call'],
      [{ role: 'support-engineer' }, { role: 'on-call' }],
      'support-engineer',
    ],
    [[], [{}], 'all that they hold by roles'],
  ])('keeps %j', async (words, lines, kept) => {
    const role = words.length > 0 ? reviewLine.role : null;
    api.on('POST /v1/reviews', { status: 201, body: { items: [{ ...reviewLine, role }] } });
    const { code, out } = await run('review', 'keep', sam, ...words, '--why', 'Still on the desk');
    expect(code).toBe(0);
    expect(api.calls[0]?.body).toEqual({
      lines: lines.map((line) => ({ person: sam, ...line, reason: 'Still on the desk' })),
    });
    expect(out).toContain(`Sam <${sam}> keeps ${kept}. Access follows:`);
    expect(out).toContain(`process ${reviewLine.process_id} --watch`);
  });

  it('needs a reason, and says what the API refuses', async () => {
    expect((await run('review', 'keep', sam)).code).toBe(2);
    api.on('POST /v1/reviews', problem(403, 'self-approval', { detail: 'Nobody reviews themselves.' }));
    const { code, err } = await run('review', 'keep', sam, '--why', 'x');
    expect(code).not.toBe(0);
    expect(err).toContain('Nobody reviews themselves.');
  });
});
