// The client in a process of its own, for tests that are not written in JavaScript: `node drive.js '<settings as JSON>'`. It connects, says on its
// standard output, a line of JSON each, what a listener is told, and does what the lines of its standard input ask. It ends with that.
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { RealtimeClient } from '../src/index.js';

/**
 * `headers` of the handshake and of the question after a failed one, as somebody has who is neither a page nor speaks in tokens; `asks`, the host
 * and port that are asked that question, so that all lines of a proxy are WebSockets; `random` instead of the random number of each wait (0: never
 * waits, where the protocol does not say how long); `speed`, how many times faster its clock runs. The rest are options of the client.
 */
const { url, headers = {}, asks, random, speed = 1, ...options } = JSON.parse(process.argv[2]);

// What the client would tell `window.onerror`.
globalThis.reportError = (error) => say('error', { message: String(error?.stack ?? error) });
const say = (on, what) => process.stdout.write(`${JSON.stringify({ on, ...what })}\n`);

const client = new RealtimeClient(url, {
  WebSocket: class extends WebSocket {
    constructor(address, protocols) { super(address, protocols, { headers }); }
  },
  fetch: (address, init) =>
    fetch(Object.assign(new URL(address), asks && { host: asks }), { ...init, headers: { ...headers, ...init.headers } }),
  clock: {
    setTimeout: (run, ms) => setTimeout(run, ms / speed),
    clearTimeout: (timer) => clearTimeout(timer),
    now: () => performance.now() * speed,
  },
  ...(random !== undefined && { random: () => random }),
  ...options,
});
client.addEventListener('state', ({ detail }) => say('state', detail));
client.addEventListener('reset', ({ detail }) => say('reset', detail));
client.addEventListener('event', ({ detail }) => say('event', detail));
// What no event says: a run that is over without its terminal event.
const interrupted = new WeakSet();
client.addEventListener('runs', ({ detail }) => {
  for (const run of detail.runs) {
    if (run.status !== 'interrupted' || run.endedAt || interrupted.has(run)) continue;
    interrupted.add(run);
    say('interrupted', { runId: run.runId });
  }
});
client.connect();

/** `{"call":"send","args":["ask",{"question":"?"}]}`: what became of it is an `answer`, with its `call`. `{"show":"runs"}` shows what `client.runs` has. */
async function obey({ call, args = [], show }) {
  if (show) return say('show', { show, value: show === 'runs' ? [...client.runs.values()] : client[show] });
  try {
    say('answer', { call, value: await client[call](...args) });
  } catch (error) {
    say('answer', { call, code: error.code ?? 'thrown', message: error.message });
  }
}

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line));
process.exit(0);
