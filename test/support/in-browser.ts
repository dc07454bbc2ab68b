import { describe } from 'vitest';
import { browserPath } from './browser.ts';

/** What is tested in a real browser. Where there is none, the name says so. */
export function inBrowser(name: string, tests: () => void): void {
  describe.skipIf(browserPath === undefined)(
    browserPath === undefined ? `${name} (skipped: no Chromium)` : name,
    tests,
  );
}
