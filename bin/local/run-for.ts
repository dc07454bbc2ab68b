import { spawn } from 'node:child_process';

/** What a command that was run to its end answered. */
export interface Answer {
  /** Its exit code; 127 when it could not be run, 124 when it took too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, or kills it after the limit. Never throws. */
export function runFor(
  limitMs: number,
  command: string,
  words: readonly string[],
  cwd?: string,
): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(command, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    let stdout = '';
    let stderr = '';
    let isLate = false;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4_000);
    });
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', (error) => {
      clearTimeout(limit);
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code: isLate ? 124 : (code ?? 1), stdout, stderr });
    });
  });
}
