import { RealtimeClient } from '/netra-realtime/index.js';
import { RunCard, setText } from './run-card.js';

const Threads = [
  { id: 'left', name: 'Left thread', example: 'How does a client resume after a cut?' },
  { id: 'right', name: 'Right thread', example: 'What happens to a slow consumer?' },
];
const LogEntries = 10_000;
const Questions = 100;

const $ = (selector, root = document) => root.querySelector(selector);
const client = new RealtimeClient($('meta[name=realtime-url]').content);
const cards = new Map();
const lists = new Map();
const asked = new Set(); // by this page, and not yet scrolled to
let user = '';

// For tests and for the curious: what was handled, in order. A second entry of an id without a reset is a bug.
const log = [];
Object.assign(window, { netra: client, netraLog: log, netraResets: [] });

start();

async function start() {
  const answer = await fetch('/me', { headers: { Accept: 'application/json' } }).catch(() => null);
  if (answer?.ok) signedIn((await answer.json()).user);
  else showSignIn(answer === null ? 'The server cannot be reached.' : '');
}

function showSignIn(problem = '') {
  $('#sign-in').hidden = false;
  $('#threads').hidden = true;
  $('.user').hidden = $('.connection').hidden = true;
  $('#login .problem').textContent = problem;
  $('#login-user').focus();
}

function signedIn(name) {
  user = name;
  $('#sign-in').hidden = true;
  $('#threads').hidden = false;
  $('.user').hidden = $('.connection').hidden = false;
  $('#user-name').textContent = name;
  if (lists.size === 0) for (const thread of Threads) addThread(thread);
  showState(client.state);
  client.connect();
}

$('#login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await post('/login', { user: $('#login-user').value.trim() });
  if (answer.ok) await start();
  else $('#login .problem').textContent = await problemOf(answer);
});

// ---------------------------------------------------------------- connection

/** What the user should read instead of the client's own words. */
const Why = {
  'user connection limit': 'This account already has its maximum of open connections',
  'total connection limit': 'The server has its maximum of open connections',
};
let countdown = 0;

client.addEventListener('state', ({ detail }) => {
  if (detail.state === 'closed' && detail.status === 401) return showSignIn('The session ended. Please sign in again.');
  showState(detail);
});

function showState({ state, why, reason, code, retryInMs }) {
  const element = $('.connection');
  clearInterval(countdown);
  element.dataset.state = state;
  element.dataset.user = user;
  element.dataset.code = code ?? '';
  const sentence = (Why[reason] ?? why).replace(/\.$/, '');
  $('#connect-again').hidden = state !== 'closed';
  $('.countdown', element).textContent = '';
  if (state === 'open') return setText($('.why', element), 'Connected');
  if (state === 'connecting') return setText($('.why', element), code ? `${sentence}; reconnecting` : 'Connecting');
  if (state === 'closed') return setText($('.why', element), sentence);

  // The seconds are outside of what is announced: a screen reader should not count along.
  const until = performance.now() + retryInMs;
  const tick = () => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    $('.countdown', element).textContent = seconds > 0 ? ` in ${seconds} s` : '';
  };
  setText($('.why', element), `${sentence}; trying again`);
  tick();
  countdown = setInterval(tick, 1000);
}

$('#connect-again').addEventListener('click', () => client.connect());

// ---------------------------------------------------------------- threads and runs

function addThread({ id, name, example }) {
  const thread = $('#thread-template').content.cloneNode(true).firstElementChild;
  const [list, form, box, button] = ['.runs', '.ask', 'textarea', '.ask button'].map((selector) => $(selector, thread));
  thread.dataset.thread = id;
  $('h2', thread).textContent = name;
  list.setAttribute('aria-label', `Runs of the ${name.toLowerCase()}`);
  $('label', form).textContent = `Question in the ${name.toLowerCase()}`;
  $('label', form).htmlFor = box.id = `question-${id}`;
  box.placeholder = example;
  box.dataset.testid = `question-${id}`;
  button.dataset.testid = `ask-${id}`;
  $('.example', thread).textContent = example;
  $('.example', thread).addEventListener('click', () => { box.value = example; box.focus(); });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const question = box.value.trim();
    if (!question || button.disabled) return;
    button.disabled = true;
    const answer = await post('/runs', { thread_id: id, question });
    button.disabled = false;
    $('.problem', form).textContent = answer.ok ? '' : await problemOf(answer);
    if (answer.status === 401) return showSignIn('The session ended. Please sign in again.');
    if (!answer.ok) return;
    box.value = '';
    const { run_id: runId } = await answer.json();
    remember(runId, question);
    asked.add(runId);
    drawSoon();
  });
  lists.set(id, list);
  $('#threads').append(thread);
}

client.addEventListener('event', ({ detail: { id, type, run_id } }) => {
  if (log.length === LogEntries) log.shift();
  log.push({ id, type, run_id });
});
client.addEventListener('reset', ({ detail }) => window.netraResets.push(detail.reason));
client.addEventListener('runs', ({ detail }) => {
  for (const run of detail.runs) if (cards.has(run.runId)) cards.get(run.runId).changed = true;
  drawSoon();
});

// Tokens come faster than a screen is drawn. A timer rather than an animation frame: a page in the background gets no
// frames, and should still be up to date when one looks at it again.
let drawing = 0;
function drawSoon() {
  drawing ||= setTimeout(() => { drawing = 0; draw(); }, 30);
}

function draw() {
  for (const [runId, card] of cards) {
    if (client.runs.has(runId)) continue;
    card.root.remove();
    cards.delete(runId);
  }
  const questions = readQuestions();
  for (const run of client.runs.values()) {
    const list = lists.get(run.threadId);
    if (!list) continue;
    let card = cards.get(run.runId);
    const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    if (!card) {
      card = new RunCard(() => cancel(run.runId), announce);
      cards.set(run.runId, card);
      $('.empty', list).hidden = true;
      list.append(card.root);
    }
    const drawn = card.show(run, questions[run.runId] ?? run.message);
    if (asked.delete(run.runId) || (drawn && follows)) list.scrollTop = list.scrollHeight;
  }
  for (const list of lists.values()) $('.empty', list).hidden = $('.run', list) !== null;
}

async function cancel(runId) {
  try {
    await client.cancel(runId);
  } catch {
    // Not connected, or the connection ended meanwhile: the same request over HTTP. A 404 means that it has ended.
    await fetch(`/runs/${encodeURIComponent(runId)}`, { method: 'DELETE' }).catch(() => {});
  }
}

function announce(text) {
  $('#announcer').textContent = text;
}

// ---------------------------------------------------------------- questions, which events do not carry

function readQuestions() {
  try {
    return JSON.parse(sessionStorage.getItem('questions') ?? '{}');
  } catch {
    return {};
  }
}

function remember(runId, question) {
  const entries = [...Object.entries(readQuestions()), [runId, question]].slice(-Questions);
  try {
    sessionStorage.setItem('questions', JSON.stringify(Object.fromEntries(entries)));
  } catch {
    // Without storage the run shows the question that the server put into its first event.
  }
}

// ---------------------------------------------------------------- requests

const post = (url, body) => fetch(url, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}).catch(() => new Response(null, { status: 599 }));

async function problemOf(answer) {
  const body = await answer.clone().json().catch(() => ({}));
  const told = body.detail ?? body.message ?? body.title;
  if (typeof told === 'string') return told;
  if (answer.status === 599) return 'The server cannot be reached.';
  if (answer.status === 429) return 'Too many runs at once. Wait for one to end, or cancel one.';
  if (answer.status === 400) return 'The server did not accept this.';
  return `The server answered ${answer.status}.`;
}
