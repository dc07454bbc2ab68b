// What it takes is looked up while somebody types and chooses; without this the page's own button does so.
const form = document.querySelector('#ask');
let waiting;
let asked = 0;

async function look() {
  const turn = ++asked;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete('csrf');
  const answer = await fetch(`/requests/new?${fields}`, { headers: { accept: 'text/html' } });
  if (!answer.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.querySelector('#preview').replaceChildren(...page.querySelector('#preview').childNodes);
  const choices = ['fieldset:has([name=entitlement])', '.field:has([name=customer])'];
  for (const choice of choices) take(choice, page);
  const hint = page.querySelector('#resource-hint');
  document.querySelector('#resource-hint')?.remove();
  if (hint) form.querySelector('#resource').after(hint);
  document.querySelector('#resources').replaceChildren(...page.querySelector('#resources').childNodes);
}

// What somebody has just chosen stays where the focus is.
function take(selector, page) {
  const [old, fresh] = [form.querySelector(selector), page.querySelector(selector)];
  if (old && fresh && old.contains(document.activeElement)) return;
  if (old && fresh) old.replaceWith(fresh);
  else if (old) old.remove();
  else if (fresh) form.querySelector('fieldset:has([name=period])').before(fresh);
}

form.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => void look().catch(() => undefined), 250);
});
