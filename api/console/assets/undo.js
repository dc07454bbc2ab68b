// What can be undone from here can be so for ten seconds; while somebody is at it, longer.
const bar = document.querySelector('[data-undo]');
const shownForMs = 10_000;

function leave() {
  if (bar.matches(':hover, :focus-within')) setTimeout(leave, 1_000);
  else bar.remove();
}
if (bar) setTimeout(leave, shownForMs);
// Coming here again does not offer it again.
history.replaceState(null, '', '/admin');
