import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** How the launcher speaks. Every line also goes to `logs/launcher.log`, with the time. */
export interface Voice {
  /** On stdout: what the installation is and how to use it. */
  readonly say: (line: string) => void;
  /** On stderr: what happens meanwhile. */
  readonly note: (line: string) => void;
  /** In the log only: what somebody else tells people. */
  readonly keep: (line: string) => void;
}

/** The launcher's voice in an installation. */
export function voiceIn(home: { readonly logs: string }): Voice {
  const keep = (line: string): void => {
    const text = stripVTControlCharacters(line).trimEnd();
    if (text === '') return;
    try {
      appendFileSync(join(home.logs, 'launcher.log'), `${new Date().toISOString()} ${text}\n`, {
        mode: 0o600,
      });
    } catch {
      // A full disk silences the log, not the launcher.
    }
  };
  return {
    say: (line) => {
      keep(line);
      process.stdout.write(`${line}\n`);
    },
    note: (line) => {
      keep(line);
      process.stderr.write(`${line}\n`);
    },
    keep,
  };
}
