import { createInterface } from 'node:readline';

/** Where the command line writes and asks. Results go to `out`; progress, questions and errors go to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Both ends are a person's: a question can be asked and read. */
  isInteractive: boolean;
  /** `err` is a terminal: one line can be drawn again and again. */
  canRedraw: boolean;
  /** Both `out` and `err` may be coloured: no escape sequence lands in a file. */
  hasColour: boolean;
  /** How wide lines of `out` may get; null when nobody looks at them. */
  columns(): number | null;
  /** Asks and waits for a line; null when there was none (end of input, or Ctrl-C, which also interrupts). */
  ask(question: string): Promise<string | null>;
}

/** The process's own terminal. `onInterrupt` is called on Ctrl-C while a question is open. */
export function processTerminal(isPlain: boolean, onInterrupt: () => void): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive: stdin.isTTY && stderr.isTTY,
    canRedraw: stderr.isTTY && !isPlain,
    hasColour: stdout.isTTY && stderr.isTTY && !isPlain,
    columns: () => (stdout.isTTY ? stdout.columns : null),
    ask: (question) =>
      new Promise((answered) => {
        // While a line is read the terminal hands Ctrl-C to the reader, not to the process as a signal.
        const lines = createInterface({ input: stdin, output: stderr });
        lines.on('SIGINT', () => {
          onInterrupt();
          lines.close();
        });
        lines.on('close', () => answered(null));
        lines.question(question, (answer) => {
          answered(answer);
          lines.close();
        });
      }),
  };
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof codes;

/** The text in a style, or as it is where colours are not wanted. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.hasColour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
