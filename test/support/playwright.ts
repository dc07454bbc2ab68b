import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { browserPath } from './browser.ts';

/** A real browser that is driven by what people see: roles, labels and texts. Tests skip themselves where there is none. */
export function launch(): Promise<Browser> {
  if (browserPath === undefined) throw new Error('There is no browser on this machine.');
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** The widths of the console's pictures. */
export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 900 };

/** One person's browser: its own cookies and its own authenticator. */
export interface Person {
  context: BrowserContext;
  page: Page;
  authenticator: Authenticator;
}

export async function newPerson(browser: Browser, viewport = desktop): Promise<Person> {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { context, page, authenticator: await addAuthenticator(page) };
}

/** A device with passkeys in it that knows its holder at once, unless told otherwise. It belongs to one tab. */
export interface Authenticator {
  /** Whether whoever holds the device is who it knows. */
  recognizes(isHolder: boolean): Promise<void>;
  /** The ids of the passkeys in it, base64url, and how often each was used. */
  passkeys(): Promise<{ id: string; counter: number }[]>;
  /** Turns a passkey's counter, as a copy of the device would. */
  turn(id: string, counter: number): Promise<void>;
}

export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorOf(devtools, authenticatorId);
}

function authenticatorOf(devtools: CDPSession, authenticatorId: string): Authenticator {
  const credentials = async () =>
    (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  const urlForm = (base64: string) => Buffer.from(base64, 'base64').toString('base64url');
  return {
    async recognizes(isHolder) {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: isHolder });
    },
    async passkeys() {
      const found = await credentials();
      return found.map(({ credentialId, signCount }) => ({ id: urlForm(credentialId), counter: signCount }));
    },
    async turn(id, counter) {
      const found = (await credentials()).find(({ credentialId }) => urlForm(credentialId) === id);
      if (!found) throw new Error('This device has no such passkey.');
      const { credentialId } = found;
      await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
      await devtools.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: { ...found, signCount: counter },
      });
    },
  };
}
