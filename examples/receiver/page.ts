import { createHash } from 'node:crypto';
import type { AccountState, Held } from './accounts.ts';

const style = `
:root { color-scheme: light dark; --line: #d8dce3; --soft: #5b6472; --chip: #eef1f6; }
@media (prefers-color-scheme: dark) { :root { --line: #363c46; --soft: #a4adba; --chip: #272d36; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; }
p { color: var(--soft); margin: .25rem 0 1.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .625rem 1rem .625rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .875rem; font-weight: 600; }
tbody th { font-weight: 600; }
small { color: var(--soft); display: block; font-size: .875rem; font-weight: 400; }
ul { list-style: none; margin: 0; padding: 0; }
li + li { margin-top: .375rem; }
code { background: var(--chip); border-radius: .25rem; font: .875rem ui-monospace, monospace; padding: .125rem .375rem; }
`;

/** What the page may load: its own style and nothing else. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The users and what they hold, for people. */
export function page(accounts: readonly AccountState[]): string {
  const known = accounts.filter(({ user }) => user !== null);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Northwind Cloud: users</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Northwind Cloud</h1>
<p>${sentence(known)}</p>
${known.length === 0 ? '' : table(known)}
</main>
</body>
</html>
`;
}

function sentence(known: readonly AccountState[]): string {
  if (known.length === 0) return 'No users yet. Each arrives with the first access that is given to them.';
  const able = known.filter(({ holdings }) => holdings.length > 0).length;
  return `${known.length} ${known.length === 1 ? 'user' : 'users'}, ${able} with access now. Times are UTC.`;
}

function table(known: readonly AccountState[]): string {
  return `<div class="wide"><table>
<thead><tr><th scope="col">User</th><th scope="col">May</th><th scope="col">Sessions</th></tr></thead>
<tbody>
${known.map(row).join('\n')}
</tbody>
</table></div>`;
}

function row({ user, holdings, sessions }: AccountState): string {
  const holds = holdings.length === 0 ? 'nothing' : `<ul>${holdings.map(held).join('')}</ul>`;
  const who = `${escaped(user?.name ?? '')}<small>${escaped(user?.email ?? '')}</small>`;
  return `<tr><th scope="row">${who}</th><td>${holds}</td><td>${sessions}</td></tr>`;
}

function held({ entitlement, customer, until }: Held): string {
  const where = customer === null ? '' : ` at ${escaped(customer)}`;
  const shown = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
  return `<li><code>${escaped(entitlement)}</code>${where} <small>until <time datetime="${escaped(until)}">${shown}</time></small></li>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`);
}
