import { closeSync, fdatasyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { isRecord, type Message, parse, readMessage } from './message.ts';

/** What was done, a line each, so that it is still so after a restart. A real application has its database for this. */
export interface Journal {
  /** Written down before it is done and answered: what was answered is never lost. */
  append(key: string, message: Message): void;
  close(): void;
}

/** Opens a journal, made if need be, and says what is in it, oldest first. */
export function openJournal(file: string, replay: (key: string, message: Message) => void): Journal {
  const descriptor = openSync(file, 'a', 0o600);
  const text = readFileSync(file, 'utf8');
  // A line that was being written when the process was killed was never answered; it will come again.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  truncateSync(file, Buffer.byteLength(whole));
  for (const line of whole.split('\n')) {
    const entry = parse(line);
    const message = isRecord(entry) ? readMessage(JSON.stringify(entry['message'])) : null;
    if (isRecord(entry) && typeof entry['key'] === 'string' && message) replay(entry['key'], message);
  }
  return {
    append(key, message) {
      writeSync(descriptor, `${JSON.stringify({ key, message })}\n`);
      fdatasyncSync(descriptor);
    },
    close: () => closeSync(descriptor),
  };
}
