import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout's folder. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url));

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** How to run a TypeScript file as a process of its own. */
export function nodeScript(script: string, ...words: string[]): { command: string; words: string[] } {
  return { command: process.execPath, words: ['--import', loader, script, ...words] };
}
