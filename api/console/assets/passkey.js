// Passkeys: makes one, signs in by one, and signs with one what a form is about to do. Pages say without this how else to go on.
const csrf = document.querySelector('[name=csrf]')?.value;

const decoded = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
const encoded = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const known = (list) => list?.map((one) => ({ ...one, id: decoded(one.id) }));

async function post(path, body) {
  const headers = { 'content-type': 'application/json', ...(csrf ? { 'x-tenure-csrf': csrf } : {}) };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail, { cause: 'refused' });
  return said;
}

async function make(options) {
  const { id, rawId, type, response } = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decoded(options.challenge),
      user: { ...options.user, id: decoded(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  return {
    id,
    rawId: encoded(rawId),
    type,
    response: {
      clientDataJSON: encoded(response.clientDataJSON),
      attestationObject: encoded(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

async function use(options) {
  const { id, rawId, type, response } = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: decoded(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });
  return {
    id,
    rawId: encoded(rawId),
    type,
    response: {
      clientDataJSON: encoded(response.clientDataJSON),
      authenticatorData: encoded(response.authenticatorData),
      signature: encoded(response.signature),
      ...(response.userHandle?.byteLength ? { userHandle: encoded(response.userHandle) } : {}),
    },
  };
}

async function stepUp(what, words) {
  const { id, signs, options } = await post('/v1/passkeys/step-up', { for: what });
  if (words) words.textContent = words.dataset.signs + signs.words;
  await post('/v1/passkeys/step-up/answer', { credential: await use(options) });
  return id;
}

const acts = {
  async 'sign-in'(form) {
    const credential = await use(await post('/sign-in/passkey/options', {}));
    const wished = form.dataset.return ? { return: form.dataset.return } : {};
    location.assign((await post('/sign-in/passkey', { credential, ...wished })).return);
  },
  async welcome() {
    const credential = await make(await post('/sign-in/passkey/welcome/options', {}));
    location.assign((await post('/sign-in/passkey/welcome', { credential })).return);
  },
  async enrol(form) {
    const credential = await make(await post('/v1/passkeys/options', {}));
    await post('/v1/passkeys', { name: form.elements.name.value, credential });
    location.reload();
  },
  async confirm() {
    await stepUp({ kind: 'session' });
    location.reload();
  },
};

// What is wrong is said in our words where we know it; a prompt that was closed is nobody's fault.
async function trying(box, work) {
  const said = box.querySelector('[data-said]');
  said.hidden = true;
  try {
    await work();
  } catch (error) {
    said.textContent = error.cause === 'refused' ? error.message : box.dataset.fallback;
    said.hidden = false;
  }
}

const isAble = window.PublicKeyCredential !== undefined;
for (const form of document.querySelectorAll('[data-passkey]')) {
  form.hidden = !isAble;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void trying(form, () => acts[form.dataset.passkey](form));
  });
}
if (isAble) for (const other of document.querySelectorAll('[data-without-passkey]')) other.hidden = true;

// A form whose page asks for a step-up is signed first, and sent with the signature.
function signable({ dataset }, fields, submitter) {
  const kind = dataset.kind;
  const request = dataset.about;
  const { resource, entitlement, customer, period, ticket, why } = fields;
  const filled = (wish) => Object.fromEntries(Object.entries(wish).filter(([, value]) => value?.trim()));
  if (kind === 'access_request') {
    return { kind, ask: filled({ resource, entitlement, customer, period, ticket, justification: why }) };
  }
  if (kind === 'extension')
    return { kind, request, extension: filled({ period, ticket, justification: why }) };
  return kind === 'decision' ? { kind, request, decision: submitter.value } : { kind, request };
}

document.addEventListener('submit', (event) => {
  const { target: form, submitter } = event;
  const need = document.querySelector(`[data-step-up="${form.id}"]`);
  const goesElsewhere = submitter?.formAction !== undefined && submitter.hasAttribute('formaction');
  if (!isAble || !need || form.elements.signed || goesElsewhere) return;
  if (submitter?.value === 'deny' && need.dataset.forAny === undefined) return;
  event.preventDefault();
  void trying(need, async () => {
    const fields = Object.fromEntries(new FormData(form));
    const id = await stepUp(signable(need, fields, submitter), need.querySelector('[data-signs]'));
    const signed = Object.assign(document.createElement('input'), {
      type: 'hidden',
      name: 'signed',
      value: id,
    });
    form.append(signed);
    form.requestSubmit(submitter);
  });
});
