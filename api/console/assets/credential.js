// A credential stays open for a minute, and is copied with one press.
const panel = document.querySelector('[data-close-to]');
const said = document.querySelector('[data-said]');

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener('click', () => {
    const text = document.querySelector(`[data-copied=${button.dataset.copy}]`)?.textContent ?? '';
    void navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    said.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = words;
    }, 2_000);
  });
}

const closes = document.querySelector('[data-closes]');
const end = Date.now() + 60_000;
const timer = setInterval(() => {
  const left = Math.max(0, Math.ceil((end - Date.now()) / 1_000));
  closes.textContent = `Closes by itself in ${left}\u00a0s.`;
  if (left > 0) return;
  clearInterval(timer);
  location.replace(panel.dataset.closeTo);
}, 1_000);
// Going back must not bring it again.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.replace(panel.dataset.closeTo);
});
