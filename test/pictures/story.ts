import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import type { DemoInstallation } from '../../bin/demo/installation.ts';
import { desktop, phone } from '../support/playwright.ts';
import { eventually } from '../support/wait.ts';

/** A picture as it is filed: `<page>-<width>-<theme>`. */
export interface Picture {
  name: string;
  png: Buffer;
}

interface Shot {
  page: string;
  email: string;
  path: string;
  views: readonly (readonly [keyof typeof sizes, 'light' | 'dark'])[];
}

const sizes = { desktop: { ...desktop, height: 860 }, phone };
const requestSchema = z.object({
  id: z.string(),
  reference: z.string(),
  grant: z.object({ state: z.string() }).nullable(),
});
type Asked = z.infer<typeof requestSchema>;

/** Plays the story and looks at it with the eyes of those in it. */
export async function takePictures(installation: DemoInstallation, browser: Browser): Promise<Picture[]> {
  const { held, waiting } = await play(installation);
  const shots: Shot[] = [
    {
      page: 'home',
      email: 'sam@northwind.example',
      path: '/',
      views: [
        ['desktop', 'light'],
        ['desktop', 'dark'],
        ['phone', 'light'],
      ],
    },
    {
      page: 'request',
      email: 'sam@northwind.example',
      path: `/requests/${held}`,
      views: [
        ['desktop', 'light'],
        ['phone', 'dark'],
      ],
    },
    {
      page: 'approval',
      email: 'priya@northwind.example',
      path: `/approvals/${waiting}`,
      views: [
        ['phone', 'light'],
        ['desktop', 'light'],
      ],
    },
    {
      page: 'reach',
      email: 'sita@northwind.example',
      path: '/reach?resource=globex-env',
      views: [['desktop', 'light']],
    },
    {
      page: 'operations',
      email: 'omar@northwind.example',
      path: '/operations',
      views: [['desktop', 'dark']],
    },
    {
      page: 'admin-users',
      email: 'anna@acme.example',
      path: '/admin',
      views: [['desktop', 'light']],
    },
    {
      page: 'admin-access',
      email: 'anna@acme.example',
      path: '/admin/access',
      views: [
        ['desktop', 'light'],
        ['phone', 'light'],
      ],
    },
  ];
  const pictures: Picture[] = [];
  for (const email of new Set(shots.map((shot) => shot.email))) {
    const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' });
    try {
      const page = await context.newPage();
      await signIn(page, installation.url, email);
      for (const shot of shots.filter((one) => one.email === email))
        pictures.push(...(await take(page, installation.url, shot)));
    } finally {
      await context.close();
    }
  }
  return pictures;
}

async function take(page: Page, url: string, { page: name, path, views }: Shot): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const [size, colorScheme] of views) {
    await page.setViewportSize(sizes[size]);
    await page.emulateMedia({ colorScheme });
    const response = await page.goto(url + path);
    if (response?.status() !== 200) throw new Error(`${path}: ${response?.status() ?? 'no answer'}`);
    await page.evaluate('document.fonts.ready');
    // The page says by itself within a second whether it is live.
    await page.waitForTimeout(1_500);
    pictures.push({ name: `${name}-${size}-${colorScheme}`, png: await page.screenshot() });
  }
  return pictures;
}

async function signIn(page: Page, url: string, email: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.fill('#email', email);
  await page.click('form button');
  await page.waitForURL(/\/interaction\//);
  await page.click('button[value=mfa]');
  await page.waitForURL(
    (address) => address.href.startsWith(url) && !address.pathname.startsWith('/sign-in'),
  );
}

/** Sam has access to Globex and waits for Acme, of which others wait for, too. */
async function play({ url, token }: DemoInstallation): Promise<{ held: string; waiting: string }> {
  const call = async (name: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(url + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${await token(name)}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const ask = async (name: string, wish: object): Promise<Asked> =>
    requestSchema.parse(await call(name, '/v1/access-requests', wish));
  const [sam, mei, priya] = ['sam@northwind.example', 'mei@northwind.example', 'priya@northwind.example'];
  const held = await ask(sam, {
    resource: 'globex-env',
    entitlement: 'read',
    period: 'PT2H',
    justification: 'Globex reports missing invoices since this morning',
    ticket: 'SUP-2207',
  });
  await call(priya, `/v1/access-requests/${held.id}/decisions`, { decision: 'approve', comment: 'Go ahead' });
  await ask(mei, {
    resource: 'postgres-eu',
    customer: 'acme',
    entitlement: 'read',
    period: 'PT1H',
    justification: 'Check which orders the import left out',
    ticket: 'SUP-2209',
  });
  const waiting = await ask(sam, {
    resource: 'acme-env',
    entitlement: 'operate',
    period: 'PT1H',
    justification: 'Restart the import that stopped at half past nine',
    ticket: 'SUP-2211',
  });
  await eventually(
    'the access to begin',
    async () =>
      requestSchema.parse(await call(sam, `/v1/access-requests/${held.id}`)).grant?.state === 'held',
    { timeoutMs: 60_000 },
  );
  return { held: held.reference, waiting: waiting.reference };
}
