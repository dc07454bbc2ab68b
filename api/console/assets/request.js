// A request that is watched shows what has become of it.
const followed = document.querySelector('[data-follow]');
const pause = 2_000;

async function look() {
  if (document.hidden || followed.contains(document.activeElement?.closest('form') ?? null)) return;
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('[data-follow]');
  if (!fresh || fresh.dataset.state === followed.dataset.state) return;
  followed.dataset.state = fresh.dataset.state;
  followed.replaceChildren(...fresh.childNodes);
  document.dispatchEvent(new Event('tenure:changed'));
}
setInterval(() => void look().catch(() => undefined), pause);
