import { RealtimeClient } from '../src/index.js';

/** Lets everything that is only waiting for promises run. */
export const settle = async () => { for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve)); };

export class FakeClock {
  time = 1_000_000;
  timers = new Map();
  #next = 0;
  setTimeout = (run, ms) => { this.timers.set(++this.#next, { run, at: this.time + ms }); return this.#next; };
  clearTimeout = (timer) => { this.timers.delete(timer); };
  now = () => this.time;

  async advance(ms) {
    const until = this.time + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, timer]) => timer.at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].run();
    }
    this.time = until;
  }
}

/** What a client has around it: `options` are all fakes, `server` is the newest socket as the server sees it. */
export function createWorld() {
  const clock = new FakeClock();
  const sockets = [];
  const fetched = [];
  class FakeWebSocket {
    sent = [];
    constructor(url, protocols) {
      this.url = new URL(url);
      this.protocols = protocols;
      sockets.push(this);
    }
    send(text) { this.sent.push(JSON.parse(text)); }
    close(code) { this.closedWith ??= code ?? 'no code'; }
    deliver(...messages) {
      for (const message of messages) this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
    }
    end(code, reason = '') { this.onclose({ code, reason }); }
    get types() { return this.sent.map((message) => message.type); }
  }
  const world = {
    clock, sockets, fetched, answers: [], roll: 0.5, network: new EventTarget(),
    get server() { return sockets.at(-1); },
  };
  world.options = {
    WebSocket: FakeWebSocket, clock, clientId: 'tab-1', network: world.network, random: () => world.roll,
    fetch: async (url, init) => {
      fetched.push({ url, init });
      const { status = 426, headers = {} } = world.answers.shift() ?? {};
      if (status === 0) throw new TypeError('network');
      return new Response(null, { status, headers });
    },
  };
  return world;
}

/** A client in such a world, connecting, and what its listeners are told. */
export async function startClient(options = {}) {
  const world = createWorld();
  const { clock, sockets } = world;
  const client = new RealtimeClient('https://example.test/ws', { ...world.options, ...options });
  Object.assign(world, { client, states: [], events: [], resets: [] });
  client.addEventListener('state', ({ detail }) => world.states.push(detail));
  client.addEventListener('event', ({ detail }) => world.events.push(detail));
  client.addEventListener('reset', ({ detail }) => world.resets.push(detail.reason));
  client.connect();
  await settle();
  return Object.defineProperties(world, Object.getOwnPropertyDescriptors({
    get state() { return client.state; },
    get ids() { return world.events.map((event) => event.id); },
    /** How long after the end of a connection the next one is begun; null when it never is. */
    async delayAfter(end) {
      const before = sockets.length;
      const since = clock.time;
      end();
      await settle();
      while (sockets.length === before && clock.timers.size > 0) {
        await clock.advance(Math.min(...[...clock.timers.values()].map((timer) => timer.at)) - clock.time);
      }
      return sockets.length === before ? null : clock.time - since;
    },
  }));
}

export const welcome = (fields = {}) => ({
  type: 'welcome', connection_id: 'k1', user_id: 'u1', epoch: 'e', last_event_id: 'e-0', resumed: false, open_runs: [], ...fields,
});
export const cursor = (id) => ({ type: 'cursor', id });
export const event = (id, type, payload = {}, fields = {}) => ({
  id, type, ts: '2026-01-01T00:00:00.000Z', thread_id: 't1', run_id: 'r1', agent: 'a', ...fields, payload,
});
export const started = (id, run = 'r1') => event(id, 'agent_started', {}, { run_id: run });
export const responding = (id, delta, fields = {}) => event(id, 'agent_responding', { delta, part: 1 }, fields);
export const completed = (id, run = 'r1') => event(id, 'agent_completed', { duration_ms: 5 }, { run_id: run });
export const openRun = (run = 'r1', complete = true) => ({ run_id: run, thread_id: 't1', agent: 'a', complete });
