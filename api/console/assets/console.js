// Moves what time moves: the tenure lines, the words beside them and the clock. Nothing here is needed to use a page.
const minute = 60_000;

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
  // Counting down is silent but for these two, to whoever holds it.
  const { thing } = element.dataset;
  if (!thing || ![1, 10].includes(Math.floor(left / minute))) return;
  document.querySelector('[data-announce]').textContent = `${thing}: ${element.textContent}`;
}

function tick() {
  document.querySelectorAll('[data-line]').forEach(moveLine);
  document.querySelectorAll('[data-left]').forEach(moveWords);
  // A clock goes on where what is shown does; elsewhere it says from when the page is.
  for (const time of document.querySelectorAll('[data-clock].live time')) {
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

// Two minutes before the session ends it is said, and what was typed is kept for when somebody has signed in again.
const shownFor = document.querySelector('main')?.dataset.person;
const ending = document.querySelector('[data-session-ends]');
const draftKey = `tenure-draft ${location.pathname}`;
// What somebody searched for stands in the address.
const kept = () =>
  [
    ...document.querySelectorAll(
      'main input:not([type=hidden], [type=password], [type=file]), main textarea, main select',
    ),
  ].filter((field) => !field.closest('[role=search]'));
const isChoice = (field) => field.matches('[type=checkbox], [type=radio]');
let warning;

function keepTyped() {
  const fields = kept()
    .filter((field) => field.name)
    .map((field) => [
      field.name,
      isChoice(field) ? field.value : null,
      isChoice(field) ? field.checked : field.value,
    ]);
  sessionStorage.setItem(draftKey, JSON.stringify({ of: shownFor, fields }));
}

function bringBack() {
  const draft = JSON.parse(sessionStorage.getItem(draftKey) ?? 'null');
  sessionStorage.removeItem(draftKey);
  if (draft?.of !== shownFor) return;
  for (const [name, value, typed] of draft.fields) {
    const same = kept().find((field) => field.name === name && (value === null || field.value === value));
    if (same && isChoice(same)) same.checked = typed;
    else if (same) same.value = typed;
  }
}

function warn() {
  ending.hidden = false;
  addEventListener('input', keepTyped);
  addEventListener('submit', keepTyped, { capture: true });
  keepTyped();
}

function warnInTime() {
  clearTimeout(warning);
  warning = setTimeout(warn, Date.parse(ending.dataset.sessionEnds) - 2 * minute - now());
}

/** Using the session keeps it, for as long as one may last. */
async function stay(event) {
  event.preventDefault();
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const ends = page.querySelector('[data-session-ends]')?.dataset.sessionEnds;
  if (!ends || Date.parse(ends) - now() < 3 * minute)
    return location.assign(`/sign-in?return=${encodeURIComponent(location.pathname + location.search)}`);
  ending.dataset.sessionEnds = ends;
  ending.hidden = true;
  removeEventListener('input', keepTyped);
  removeEventListener('submit', keepTyped, { capture: true });
  sessionStorage.removeItem(draftKey);
  warnInTime();
}

if (ending) {
  bringBack();
  warnInTime();
  ending.querySelector('a').addEventListener('click', (event) => void stay(event));
  document.addEventListener('tenure:signed-out', warn);
}
document.addEventListener('tenure:changed', tick);
