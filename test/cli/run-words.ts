import { runCli } from '../../bin/cli/run.ts';
import type { CliDependencies } from '../../bin/cli/session.ts';
import { nowMs } from './fake-api.ts';

/** What a command line printed and ended with. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface Setting {
  isInteractive?: boolean;
  canRedraw?: boolean;
  hasColour?: boolean;
  columns?: number;
  isProduction?: boolean;
  token?: string | null;
  isUrlGiven?: boolean;
  answer?: string | null;
  interruption?: AbortController;
  onErr?: (text: string) => void;
  deps?: Partial<CliDependencies>;
}

/** Runs the words in this process, against an API at `url`, with a terminal that remembers. */
export async function runWords(url: string, words: string[], setting: Setting = {}): Promise<Ran> {
  const { interruption = new AbortController() } = setting;
  let out = '';
  let err = '';
  const deps: CliDependencies = {
    environment: {
      url,
      isUrlGiven: setting.isUrlGiven ?? true,
      token: setting.token === undefined ? 'trial-token' : setting.token,
      home: '/nowhere',
      isProduction: setting.isProduction ?? false,
      key: null,
      isPlain: !setting.hasColour,
    },
    terminal: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
        setting.onErr?.(text);
      },
      isInteractive: setting.isInteractive ?? false,
      canRedraw: setting.canRedraw ?? false,
      hasColour: setting.hasColour ?? false,
      columns: () => setting.columns ?? null,
      ask: (question) => {
        err += question;
        return Promise.resolve(setting.answer ?? null);
      },
    },
    mintLocalToken: ({ email }) =>
      Promise.resolve({
        token: `minted-for-${email}`,
        id: 'tok_1',
        expiresAt: new Date(nowMs + 900_000),
        baseUrl: url,
      }),
    readLocalSecret: () =>
      Promise.resolve({ secret: 'whsec_for-tests', id: 'first', expiresAt: null, baseUrl: url }),
    makeFirst: () =>
      Promise.resolve({ link: `${url}/welcome/token`, expiresAt: new Date(nowMs + 3_600_000).toISOString() }),
    setTarget: () => Promise.resolve(false),
    hold: () => Promise.resolve(),
    release: () => Promise.resolve(),
    now: () => nowMs,
    interrupted: interruption.signal,
    pollEveryMs: 5,
    giveUpAfterMs: 0,
    timeoutMs: 5_000,
    ...setting.deps,
  };
  const code = await runCli(words, deps);
  return { code, out, err };
}
