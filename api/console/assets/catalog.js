// What saving does is looked up while somebody changes a form; without this the page's own button does so.
const form = document.querySelector('form#catalog');
let waiting;
let asked = 0;

async function look() {
  const turn = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.delete('seen');
  body.set('do', 'look');
  const answer = await fetch(form.action, { method: 'POST', body, headers: { accept: 'text/html' } });
  if (turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const effect = page.querySelector('#effect');
  if (effect) document.querySelector('#effect').replaceChildren(...effect.childNodes);
  for (const field of form.querySelectorAll('.fields .field, .fields .tick-line')) renew(field, page);
}

// What is said about a field, and whether it differs; what stands in it stays.
function renew(field, page) {
  const input = field.querySelector('input, select, textarea');
  const isTick = field.matches('.tick-line');
  const twin =
    input?.name && page.getElementsByName(input.name)[0]?.closest(isTick ? '.tick-line' : '.field');
  if (!twin) return;
  if (isTick) {
    const [old, fresh] = [field.querySelector('span'), twin.querySelector('span')];
    if (old && fresh) old.replaceWith(fresh);
    field.className = twin.className;
    return;
  }
  field.querySelector(':scope > .fault')?.remove();
  const fault = twin.querySelector(':scope > .fault');
  if (fault && input.name !== 'reason') field.append(fault);
}

function later() {
  // Nothing that was seen is saved while it is looked up anew.
  form.querySelector('[name=seen]')?.setAttribute('value', '');
  clearTimeout(waiting);
  waiting = setTimeout(() => void look().catch(() => undefined), 400);
}

form.addEventListener('input', ({ target }) => {
  if (target.name === 'kind' && target.type === 'radio')
    for (const one of form.querySelectorAll('details[data-kind]'))
      one.open = one.dataset.kind === target.value;
  if (target.name !== 'reason') later();
});
