import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a browser is on this machine, if there is one. */
export const browserPath = known.find((path) => existsSync(path));

/** How a page is looked at. */
export interface View {
  width: number;
  scheme: 'light' | 'dark';
}

/** A real browser without a window, with one tab and nothing in it from before. */
export interface Browser {
  /** Goes there and waits until the page is complete. */
  open(url: string): Promise<void>;
  /** Runs an expression in the page as whoever holds the browser can, whatever the page's own policy says of scripts. */
  evaluate(expression: string): Promise<unknown>;
  /** Does something that leads to another page, and waits for that one. */
  leave(expression: string): Promise<void>;
  view(view: View): Promise<void>;
  /** The whole page as a PNG. */
  picture(): Promise<Buffer>;
  close(): Promise<void>;
}

interface Answer {
  id?: number;
  method?: string;
  // Answers have many shapes; each caller looks at the one that it asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  result?: any;
  error?: { message: string };
}

/** Starts one. It is driven over a pipe (Chrome DevTools Protocol): no port is opened. */
export async function openBrowser(path: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'tenure-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run'];
  const child = spawn(path, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const talk = conversation(child);
  const { targetInfos } = await talk('Target.getTargets');
  const tab = targetInfos.find((target: { type: string }) => target.type === 'page');
  const { sessionId } = await talk('Target.attachToTarget', { targetId: tab.targetId, flatten: true });
  const say = (method: string, params = {}) => talk(method, params, sessionId);
  await say('Page.enable');
  await say('Runtime.enable');

  async function evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await say('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails) throw new Error(`In the page: ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  /** Each page has a mark of its own until it is left; one without it is another one. */
  async function andArrive(go: () => Promise<unknown>): Promise<void> {
    await evaluate('void (window.__left = false)');
    await go();
    for (let tries = 0; tries < 200; tries++) {
      const isThere = `document.readyState === 'complete' && window.__left === undefined`;
      if (await evaluate(isThere).catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('The browser did not get to another page.');
  }

  return {
    open: (url) => andArrive(() => say('Page.navigate', { url })),
    evaluate,
    leave: (expression) => andArrive(() => evaluate(expression)),
    async view({ width, scheme }) {
      await say('Emulation.setDeviceMetricsOverride', {
        width,
        height: 844,
        deviceScaleFactor: 1,
        mobile: width < 640,
      });
      await say('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
    },
    async picture() {
      const { data } = await say('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
      return Buffer.from(data, 'base64');
    },
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Talk = (method: string, params?: object, sessionId?: string) => Promise<NonNullable<Answer['result']>>;

/** Messages of JSON with a zero byte between, by the two pipes after stdio. */
function conversation(child: ChildProcess): Talk {
  // These two were asked for as pipes when the process was started.
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      // The protocol's own messages.
      const answer = JSON.parse(message) as Answer;
      if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    }
  });
  to.on('error', () => undefined);
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
}
