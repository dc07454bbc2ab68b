import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkout } from './node-script.ts';

/** What an embedded development server has of its own. */
export interface DevServerPlace {
  readonly port: number;
  /** The port of Temporal's pages; without it they are off. */
  readonly uiPort?: number;
  /** The SQLite file; without it the server keeps everything in memory. */
  readonly dbFilename?: string;
}

const composeFile = z.object({
  services: z.object({ temporal: z.object({ command: z.array(z.string()) }) }),
});

function without(words: readonly string[], option: string): string[] {
  const rest: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === option) index += 1;
    else if (word !== undefined) rest.push(word);
  }
  return rest;
}

/**
 * The development server's arguments: those of `temporal-dev.yml` with another address, ports and database file.
 *
 * @throws when that file no longer has the form described in its head.
 */
export async function devServerArguments(place: DevServerPlace): Promise<string[]> {
  const text = await readFile(join(checkout, 'temporal-dev.yml'), 'utf8');
  const { command } = composeFile.parse(parse(text)).services.temporal;
  if (command[0] !== 'server' || command[1] !== 'start-dev') {
    throw new Error(
      'temporal-dev.yml: the command of the service temporal must begin with "server start-dev".',
    );
  }
  const removed = ['--ip', '--port', '--ui-port', '--db-filename'];
  // In memory there is no file to tune.
  if (place.dbFilename === undefined) removed.push('--sqlite-pragma');
  const words = removed.reduce<string[]>(without, command);
  words.push('--ip', '127.0.0.1', '--port', String(place.port));
  if (place.uiPort === undefined) words.push('--headless');
  else words.push('--ui-port', String(place.uiPort), '--ui-disable-news-fetch');
  if (place.dbFilename !== undefined) words.push('--db-filename', place.dbFilename);
  return words;
}

/** The search attributes the server is told to have, by name. */
export async function searchAttributeNames(): Promise<string[]> {
  const words = await devServerArguments({ port: 0 });
  return words.flatMap((word, index) =>
    words[index - 1] === '--search-attribute' ? [word.slice(0, word.indexOf('='))] : [],
  );
}
