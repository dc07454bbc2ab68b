// Moves what time moves: the tenure lines, the words beside them and the clock. Nothing here is needed to use a page.
const minute = 60_000;
const root = document.documentElement;

// The server's clock counts; the reader's own may be wrong.
const shown = document.querySelector('[data-clock] time');
const ahead = shown ? Date.parse(shown.dateTime) - performance.timeOrigin : 0;
const now = () => performance.timeOrigin + performance.now() + ahead;

// The server writes times where the reader is as soon as it knows where that is.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (!document.cookie.split('; ').includes(`tenure-zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `tenure-zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=strict`;
}

const space = '\u00a0';
function spanWords(ms) {
  const span = Math.abs(ms);
  if (span < minute) return `under 1${space}min`;
  const minutes = Math.floor(span / minute);
  if (minutes < 60) return `${minutes}${space}min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)}${space}days`;
  return minutes % 60 ? `${hours}${space}h ${minutes % 60}${space}min` : `${hours}${space}h`;
}

function moveLine(figure) {
  const { line, from, until } = figure.dataset;
  const [begin, end] = [Date.parse(from), Date.parse(until)];
  const at = (instant, last) => `${Math.min(Math.max((instant - begin) / (last - begin), 0), 1) * 100}%`;
  const part = (name) => figure.querySelector(`svg > .${name}`);
  const here = at(now(), end);
  if (line === 'held' || line === 'soon') {
    part('spent')?.setAttribute('x2', here);
    part('left')?.setAttribute('x1', here);
    const left = end - now();
    if (left < 10 * minute || left < (end - begin) / 10) turn(figure, 'soon');
  } else if (line === 'waiting') {
    part('faint')?.setAttribute('x2', here);
    part('dots:not(.faint)')?.setAttribute('x1', here);
  }
}

function turn(figure, state) {
  figure.classList.replace('held', state);
  figure.closest('.row')?.querySelector('.live')?.classList.replace('live', state);
}

function moveWords(element) {
  const left = Date.parse(element.dataset.left) - now();
  element.textContent = `${spanWords(left)} ${left > 0 ? 'left' : 'late'}`;
}

function tick() {
  document.querySelectorAll('[data-line]').forEach(moveLine);
  document.querySelectorAll('[data-left]').forEach(moveWords);
  for (const time of document.querySelectorAll('[data-clock] time')) {
    time.textContent = new Date(now()).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  }
}

setTimeout(
  () => {
    tick();
    setInterval(tick, minute);
  },
  minute - (now() % minute),
);
root.dataset.script = 'on';
