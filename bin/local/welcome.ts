/** One who can sign in to the example. */
export interface ExamplePerson {
  readonly name: string;
  readonly email: string;
  readonly title: string;
  readonly organization: string;
}

/** What is said once everything runs. */
export interface Welcome {
  readonly url: string;
  /** What each part of the engine is: name and sentence. */
  readonly parts: readonly (readonly [string, string])[];
  /** Empty in production. */
  readonly people: readonly ExamplePerson[];
  readonly logs: string;
  readonly isColoured: boolean;
}

const bold = '\u001B[1m';
const dim = '\u001B[2m';
const plain = '\u001B[0m';

/** Rows with their columns aligned, the last one ragged. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, index) => Math.max(cell.length, known[index] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const commands = [
  [
    'ask',
    'npm run -s tenure -- request globex-env read --for 1h --why "Invoices fail to load" --ticket SUP-1 --as sam@northwind.example',
  ],
  ['approve', 'npm run -s tenure -- approve <AR-…> --as priya@northwind.example'],
  ['who has', 'npm run -s tenure -- who-has globex --as sita@northwind.example'],
  [
    'a user',
    'npm run -s tenure -- user add globex ivy@globex.example --name Ivy --contract-role member --why "New in accounting" --as gus@globex.example',
  ],
  ['customers', 'npm run -s tenure -- customers --as omar@northwind.example'],
  ['tiers', 'npm run -s tenure -- config export catalog --as omar@northwind.example'],
  ['Stripe', 'a subscription makes a customer: README.md, "A customer is born"'],
  ['a token', 'npm run -s tenure -- token sam@northwind.example'],
] as const;

/** The lines to print, `ready <url>` the last. */
export function welcomeLines(welcome: Welcome): string[] {
  const [strong, faint, end] = welcome.isColoured ? [bold, dim, plain] : ['', '', ''];
  const heading = (text: string): string => `${strong}${text}${end}`;
  const indented = (rows: readonly (readonly string[])[]): string[] => table(rows).map((line) => `  ${line}`);
  const lines = ['', heading('What runs'), ...indented(welcome.parts)];
  if (welcome.people.length > 0) {
    const people = welcome.people.map((person) => [
      person.name,
      person.title,
      person.organization,
      person.email,
    ]);
    lines.push('', heading('Who can sign in'), ...indented(people));
    const signIn = ['sign in', `${welcome.url}/sign-in, as any of Northwind's or Acme's people`];
    lines.push('', heading('What to try'), ...indented([signIn, ...commands]));
  }
  lines.push('', `${faint}Logs: ${welcome.logs} · API: ${welcome.url}/docs · stop: Ctrl-C${end}`, '');
  lines.push(`ready ${welcome.url}`);
  return lines;
}
