// A page that follows what happens reads itself anew whenever something that it shows has changed. Without this it shows what was so
// when it was opened, and says from when that is.
const main = document.querySelector('main[data-live]');
const follows = main ? main.dataset.live.split(' ') : [];
const graceMs = 3_000;
const silentMs = 30_000;
const againMs = 5_000;

let position = main?.dataset.since;
let source = null;
let heardAt = 0;
let isOver = false;
let doubt;

const announce = (words) => {
  document.querySelector('[data-announce]').textContent = words;
};

/** Says on every clock of the page whether it is what is so now. */
function show(state) {
  for (const clock of document.querySelectorAll('[data-clock]')) {
    clock.classList.toggle('live', state === 'live');
    clock.classList.toggle('paused', state === 'paused');
    const words = clock.querySelector('[data-live]');
    words.textContent = words.dataset[state];
  }
}

let state = null;
function turn(next) {
  clearTimeout(doubt);
  doubt = undefined;
  if (next === 'paused' && state === 'live')
    announce(document.querySelector('[data-announce]').dataset.paused);
  if (next === state) return;
  state = next;
  show(state);
}

/** What was lost for a moment only is not worth a word. */
function waver() {
  doubt ??= setTimeout(() => turn('paused'), graceMs);
}

const isTyped = (field) => {
  if (field === document.activeElement) return true;
  if (field.matches('[type=checkbox], [type=radio]')) return field.checked !== field.defaultChecked;
  if (field.matches('select')) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue;
};

/** Somebody writes here: what they have written stays. */
const isBusy = () => [...main.querySelectorAll('input:not([type=hidden]), textarea, select')].some(isTyped);

/** The same thing in the page as it is now, to go on from where somebody was. */
function keepPlace() {
  const at = document.activeElement;
  if (!at || !main.contains(at)) return () => undefined;
  const name = (one) =>
    [one.tagName, one.id, one.getAttribute('href'), one.form?.action, one.textContent].join(' ');
  const known = name(at);
  return () => {
    const same = [...main.querySelectorAll('a, button, summary')].find((one) => name(one) === known);
    const heading = main.querySelector('h1');
    heading.tabIndex = -1;
    (same ?? heading).focus({ preventScroll: true });
  };
}

function swap(page) {
  const fresh = page.querySelector('main');
  const back = keepPlace();
  const opened = [...main.querySelectorAll('details[open] > summary')].map((one) => one.textContent);
  main.replaceChildren(...fresh.childNodes);
  for (const one of main.querySelectorAll('details')) {
    if (opened.includes(one.querySelector('summary')?.textContent)) one.open = true;
  }
  back();
  const [says, was] = [fresh.dataset.says, main.dataset.says];
  main.dataset.says = says;
  if (says !== was) announce(says);
  document.title = page.title;
  // Beside the page itself: how much waits elsewhere, and the dock or the tabs at the foot of a phone.
  for (const part of ['.side > ul', '.dock, .tabs', '.bar > .clock']) {
    const [old, other] = [document.querySelector(part), page.querySelector(part)];
    if (old && other) old.replaceWith(other);
  }
  show(state);
  document.dispatchEvent(new Event('tenure:changed'));
}

async function look() {
  if (isBusy()) {
    document.querySelector('[data-stale]').hidden = false;
    return;
  }
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.redirected || answer.status === 403 || answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!isBusy()) swap(page);
}

let looking = Promise.resolve();
/** One after the other, so that an older answer never replaces a newer one. */
function lookSoon() {
  looking = looking.then(look).catch(waver);
}

const hears = {
  live: () => turn('live'),
  paused: () => turn('paused'),
  beat: () => undefined,
  resync: lookSoon,
  changed({ data }) {
    const concerns = ({ kind, id }) => follows.includes(kind) || follows.includes(id);
    if (JSON.parse(data).items.some(concerns)) lookSoon();
  },
  ended() {
    isOver = true;
    disconnect();
    turn('paused');
    document.dispatchEvent(new Event('tenure:signed-out'));
  },
};

function disconnect() {
  source?.close();
  source = null;
}

function connect() {
  if (isOver || source || document.hidden) return;
  source = new EventSource(`/v1/live${position ? `?since=${encodeURIComponent(position)}` : ''}`);
  heardAt = performance.now();
  for (const [event, does] of Object.entries(hears)) {
    source.addEventListener(event, (message) => {
      heardAt = performance.now();
      position = message.lastEventId || position;
      does(message);
    });
  }
  source.addEventListener('error', () => {
    waver();
    // A browser tries again by itself unless it was refused.
    if (source?.readyState === EventSource.CLOSED) disconnect();
  });
}

if (main) {
  connect();
  // While nobody looks nothing is followed: a browser has few connections for all its pages.
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', connect);
  setInterval(() => {
    if (document.hidden || isOver) return;
    if (source && performance.now() - heardAt > silentMs) {
      waver();
      disconnect();
    }
    if (source) return;
    // Where nothing can be followed the page is read anew from time to time.
    if (state === 'paused') lookSoon();
    connect();
  }, againMs);
}
