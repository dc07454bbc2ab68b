import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  accessRequest,
  after,
  approvedStage,
  decisionOf,
  type FakeApi,
  granted,
  preview,
  problem,
  requestId,
  startFakeApi,
  waitingStage,
} from './fake-api.ts';
import { runWords } from './run-words.ts';

const ask = [
  'request',
  'globex-env',
  'read',
  '--for',
  '2h',
  '--why',
  'Invoices are missing',
  '--ticket',
  'CS-1881',
];
const asking = 'POST /v1/access-requests';
const previewing = 'POST /v1/access-requests/preview';
const looking = `GET /v1/access-requests/${requestId}`;

describe('asking', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'Europe/Berlin';
    api = await startFakeApi();
    api.on(previewing, { body: preview });
    api.on(asking, { status: 201, body: accessRequest() });
    api.on(looking, { body: granted });
  });
  afterEach(() => api.close());

  it('says what policy wants, asks, waits, and ends with how to get the credential', async () => {
    api.on(looking, [
      { body: accessRequest() },
      { body: accessRequest({ state: 'approved', stages: [approvedStage] }) },
      { body: granted },
    ]);
    const { code, out, err } = await runWords(api.url, [...ask, '--yes']);
    expect(code).toBe(0);
    expect(out).toContain('One support lead approves (Priya or Marek)');
    expect(out).toContain('Longest   8 h');
    expect(out).toContain('AR-2207  granted until 17:02 (16:02Z), 2 h left');
    expect(out).toContain('npm run -s tenure -- credential AR-2207');
    expect(err).toBe(
      'AR-2207 waiting for Priya or Marek; lapses 17:02 (16:02Z), in 2 h\nAR-2207 approved, access is being set up\n',
    );
  });

  it('sends the body of the outside shape, with a key that makes it safe to send again', async () => {
    await runWords(api.url, [
      ...ask,
      '--customer',
      'globex',
      '--person',
      'mei@northwind.example',
      '--at',
      '2026-11-22T16:00+01:00',
      '--yes',
      '--no-wait',
    ]);
    const call = api.calls.find(({ path }) => path === '/v1/access-requests');
    expect(call?.body).toEqual({
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT2H',
      justification: 'Invoices are missing',
      ticket: 'CS-1881',
      customer: 'globex',
      person: 'mei@northwind.example',
      starts_at: '2026-11-22T15:00:00.000Z',
    });
    expect(call?.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(call?.headers.authorization).toBe('Bearer trial-token');
  });

  it('needs --yes where nobody can be asked, and sends nothing without', async () => {
    const { code, err } = await runWords(api.url, ask);
    expect(code).toBe(2);
    expect(err).toContain('--yes');
    expect(api.calls).toEqual([]);
  });

  it.each([
    ['n', false],
    [null, false],
    ['', false],
    ['y', true],
    [' YES ', true],
  ])('on a terminal, the answer %j asks: %s', async (answer, isAsked) => {
    const { code, err } = await runWords(api.url, ask, { isInteractive: true, answer });
    expect(code).toBe(0);
    expect(err).toContain('Ask for it? [y/N]');
    expect(api.calls.some(({ path }) => path === '/v1/access-requests')).toBe(isAsked);
  });

  it('does not ask the API for what the preview already refuses', async () => {
    api.on(previewing, {
      body: {
        outcome: 'refused',
        needs: [],
        longest: null,
        policy_version: '1',
        policies: [{ id: 'no-contractors', title: 'Contractors hold no customer data' }],
      },
    });
    const { code, out } = await runWords(api.url, [...ask, '--yes']);
    expect(code).toBe(3);
    expect(out).toContain('refused by policy');
    expect(out).toContain('Contractors hold no customer data');
    expect(api.calls).toHaveLength(1);
  });

  it('says beforehand that a period is longer than policy allows', async () => {
    const { code, out } = await runWords(api.url, ['preview', 'globex-env', 'read', '--for', '12h']);
    expect(code).toBe(2);
    expect(out).toContain('too long: will be refused');
    expect(out).toContain('Longest   8 h, shorter than what you ask');
    const long = ask.map((word) => (word === '2h' ? '12h' : word));
    expect(await runWords(api.url, [...long, '--yes'])).toMatchObject({ code: 2, err: '' });
    expect(api.calls.map(({ path }) => path)).not.toContain('/v1/access-requests');
  });

  const ends: [string, number, Record<string, unknown>, string][] = [
    [
      'denied',
      3,
      { stages: [{ ...waitingStage, state: 'denied', decisions: [decisionOf('deny', 'No need')] }] },
      'denied by Priya: No need',
    ],
    ['lapsed', 3, {}, 'nobody decided in time'],
    ['cancelled', 3, {}, 'cancelled before access began'],
    ['refused', 3, {}, 'refused by policy when access was to begin'],
    ['failed', 1, {}, 'could not be set up, and nothing is left of it'],
  ];
  it.each(ends)('ends a wait that is %s with %i, and says so', async (state, expected, more, words) => {
    api.on(looking, { body: accessRequest({ state, ...more }) });
    const { code, out } = await runWords(api.url, [...ask, '--yes']);
    expect(code).toBe(expected);
    expect(out).toContain(`AR-2207  ${words.startsWith('could') ? 'failed: access ' : ''}`);
    expect(out).toContain(words);
    expect(out).not.toContain('credential');
  });

  it('with --json prints the last answer to the letter, and neither previews nor asks', async () => {
    const letter = `${JSON.stringify(granted).replace('{', '{ \n')}   `;
    api.on(looking, { body: letter });
    const { code, out, err } = await runWords(api.url, [...ask, '--json']);
    expect({ code, out, err }).toEqual({ code: 0, out: `${letter}\n`, err: '' });
    expect(api.calls.map(({ path }) => path)).not.toContain('/v1/access-requests/preview');
  });

  it('with --no-wait only asks', async () => {
    const { code, out } = await runWords(api.url, [...ask, '--json', '--no-wait']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(accessRequest());
    expect(api.calls).toHaveLength(1);
  });

  it('leaves the request in place on Ctrl-C, says so, and ends with 130', async () => {
    api.on(looking, { body: accessRequest() });
    const interruption = new AbortController();
    const onErr = (text: string) => {
      if (text.includes('waiting for')) interruption.abort();
    };
    const { code, err } = await runWords(api.url, [...ask, '--yes'], { interruption, onErr });
    expect(code).toBe(130);
    expect(err).toContain('AR-2207 stays in place');
    expect(err).toContain('npm run -s tenure -- cancel AR-2207');
    expect(api.calls.some(({ path }) => path.endsWith('/cancellation'))).toBe(false);
  });

  it('goes on waiting through an API that is away for a moment', async () => {
    api.on(looking, [problem(503, 'ledger-unavailable'), { status: 502, body: '<html>' }, { body: granted }]);
    const { code, out } = await runWords(api.url, [...ask, '--yes'], { deps: { giveUpAfterMs: 60_000 } });
    expect(code).toBe(0);
    expect(out).toContain('granted until');
  });

  it('gives up an API that stays away, with 6, and says that the request stays', async () => {
    let nowMs = Date.parse(after(0));
    api.on(looking, problem(503, 'ledger-unavailable'));
    const now = () => {
      nowMs += 1_000;
      return nowMs;
    };
    const { code, out, err } = await runWords(api.url, [...ask, '--json'], {
      deps: { giveUpAfterMs: 10_000, now },
    });
    expect(code).toBe(6);
    expect(JSON.parse(out)).toEqual(accessRequest());
    expect(err).toContain('AR-2207 stays in place');
  });

  it('says that the request stays when the token expires during the wait', async () => {
    api.on(looking, problem(401, 'unauthenticated'));
    const { code, err } = await runWords(api.url, [...ask, '--yes']);
    expect(code).toBe(5);
    expect(err).toContain('AR-2207 stays in place');
    expect(err).toContain('Set TENURE_TOKEN');
  });

  it('draws one line again and again on a terminal, no longer than it is wide', async () => {
    api.on(looking, [{ body: accessRequest() }, { body: accessRequest() }, { body: granted }]);
    const drawn: string[] = [];
    await runWords(api.url, [...ask, '--yes'], {
      canRedraw: true,
      columns: 40,
      onErr: (text) => drawn.push(text),
    });
    expect(drawn.length).toBeGreaterThan(2);
    for (const text of drawn) {
      expect(text.startsWith('\r\u001b[2K')).toBe(true);
      expect(text.slice(5).length).toBeLessThan(40);
      expect(text).not.toContain('\n');
    }
    expect(drawn.at(-1)).toBe('\r\u001b[2K');
  });

  it('names who is still missing when several stages decide side by side', async () => {
    const lead = {
      ...waitingStage,
      needed: 2,
      people: [...waitingStage.people, { id: 'person_3', name: 'Mei' }],
    };
    const customer = { ...waitingStage, id: 'stage_2', name: 'customer', people: [] };
    api.on(asking, { status: 201, body: accessRequest({ stages: [approvedStage, lead, customer] }) });
    const { err } = await runWords(api.url, [...ask, '--yes']);
    expect(err).toContain('waiting for 2 of Priya, Marek and Mei, and customer; lapses');
  });

  it('asks for an extension, and says that it is decided anew', async () => {
    const extension = accessRequest({ kind: 'extension', reference: 'AR-2208', period: 'PT1H' });
    api.on('POST /v1/access-requests/AR-2207/extension', { status: 201, body: extension });
    const { code, out } = await runWords(api.url, ['extend', 'ar-2207', '--for', '1h', '--why', 'Not done']);
    expect(code).toBe(0);
    expect(api.calls[0]?.body).toEqual({ period: 'PT1H', justification: 'Not done' });
    expect(out).toContain('AR-2208  waiting for Priya or Marek');
    expect(out).toContain('Extends  read on globex-env (Globex)');
  });
});
