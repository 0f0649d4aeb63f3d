import { claimClientId, isClientId } from './client-id.js';
import { Connection } from './connection.js';
import { EventFeed } from './event-feed.js';
import { GuardedEventTarget, report } from './guarded-event-target.js';
import { RunsView } from './runs.js';

/**
 * @typedef {import('./runs.js').Run} Run
 * @typedef {import('./connection.js').StateDetail} StateDetail
 * @typedef {import('./protocol.js').EventEnvelope} EventEnvelope
 * @typedef {import('./protocol.js').EventPayloads} EventPayloads
 * @typedef {import('./protocol.js').ControlMessage} ControlMessage
 * @typedef {import('./protocol.js').WelcomeMessage} WelcomeMessage
 * @typedef {{ reason: import('./protocol.js').ResetMessage['reason'] }} ResetDetail
 * @typedef {{ runs: Run[] }} RunsDetail the runs that changed
 * @typedef {{ resolve(data?: any): void, reject(error: Error): void }} Waiting
 * @typedef {{ threads?: string[] | null, runs?: string[] | null }} Filter
 * @typedef {Filter & {
 *   start?: 'open' | 'undelivered' | 'live', lastEventId?: string, clientId?: string, ack?: boolean, keepEndedRuns?: number,
 *   token?: () => string | undefined | Promise<string | undefined>, WebSocket?: new (url: string, protocols: string[]) => any,
 *   fetch?: typeof fetch, storage?: import('./client-id.js').ClientStorage | null, locks?: LockManager | null,
 *   random?: () => number, clock?: import('./client-id.js').Clock, network?: EventTarget }} RealtimeOptions
 */

/**
 * An event as on the wire, told apart by its `type`.
 * @template {Record<string, any>} [Custom={}] the application's own events: type to payload
 * @typedef {{ [T in keyof (EventPayloads & Custom)]: EventEnvelope & { type: T, payload: (EventPayloads & Custom)[T] } }[keyof (EventPayloads & Custom)]} RealtimeEvent
 */

/**
 * @template {Record<string, any>} [Custom={}]
 * @typedef {{ state: StateDetail, event: RealtimeEvent<Custom>, runs: RunsDetail, reset: ResetDetail }} RealtimeEventMap
 */

// Called as plain functions: a browser's own refuse any other `this`.
/** @type {import('./client-id.js').Clock} */
const SystemClock = { setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (timer) => clearTimeout(timer), now: () => Date.now() };

/** What a filter lets through, as the server sees it: both are to be met, and what has no thread always passes.
 * @param {Filter} filter @param {string} [thread] @param {string} [run] */
const passes = ({ threads, runs }, thread, run = '') =>
  !thread || ((!threads || threads.includes(thread)) && (!runs || runs.includes(run)));

/** @param {string} code @param {string} message */
const failure = (code, message) => Object.assign(new Error(message), { code });

/**
 * What an agent does for this user, live and through reconnects.
 *
 * Events: `state` (StateDetail), `event` (each event of the server once, in order), `runs` (`client.runs` changed) and
 * `reset` (events were lost: load your own state again; what follows starts anew).
 * @template {Record<string, any>} [Custom={}] the application's own events: type to payload
 * @extends {GuardedEventTarget<RealtimeEventMap<Custom>>}
 */
export class RealtimeClient extends GuardedEventTarget {
  #connection;
  #view;
  #feed;
  #options;
  #filter;
  /** The filter that this connection was begun with. */
  #begunWith;
  /** Whether the server has yet to take the filter that it was not, or could not be, begun with. */
  #refines = false;
  #refs = 0;
  /** By `ref`. @type {Map<string, Waiting>} */
  #pending = new Map();
  #maxMessageBytes = Infinity;
  /** @type {Promise<string> | undefined} */
  #claim;
  #release = () => {};
  /** @type {string | undefined} */
  #clientId;

  /** @param {string | URL} url may be relative in a page; http(s) becomes ws(s) @param {RealtimeOptions} [options] */
  constructor(url, options = {}) {
    super();
    const base = new URL(url, globalThis.location?.href);
    base.hash = ''; // a WebSocket takes none
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket) throw new TypeError("There is no WebSocket here: pass one as the option 'WebSocket' (Node before 22).");
    if (options.clientId !== undefined && !isClientId(options.clientId)) {
      throw new TypeError("The option 'clientId' takes 1 to 64 of A-Z a-z 0-9 - _.");
    }
    const clock = options.clock ?? SystemClock;
    this.#options = { ...options, clock, start: options.start ?? 'open' };
    this.#begunWith = this.#filter = { threads: options.threads, runs: options.runs };
    this.#view = new RunsView(options.keepEndedRuns ?? 200);
    this.#feed = new EventFeed({
      view: this.#view,
      clock,
      lastEventId: options.lastEventId,
      acknowledges: options.ack ?? true,
      start: this.#options.start,
      wants: (thread, run) => passes(this.#filter, thread, run),
      awaits: (thread, run) => passes(this.#filter, thread, run) && passes(this.#begunWith, thread, run),
      isOpen: () => this.state.state === 'open',
      send: (text) => this.#connection.send(text),
      tell: (type, detail) => this.#tell(type, detail),
    });
    this.#connection = new Connection({
      url: () => this.#url(base),
      token: options.token,
      WebSocket,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      random: options.random ?? Math.random,
      clock,
      network: options.network ?? (globalThis.document && globalThis.window),
      onMessage: (data) => this.#receive(data),
      onState: (detail) => this.#tell('state', detail),
      onLost: () => this.#lost(),
    });
  }

  /** Run id to what is known of the run, oldest first. Read it, do not change it. */
  get runs() { return this.#view.runs; }
  get state() { return this.#connection.detail; }
  get clientId() { return this.#clientId; }
  /** The id of the last handled event; it lives in memory only, because a reloaded page has lost what it had shown. */
  get lastEventId() { return this.#feed.lastEventId; }

  connect() { this.#connection.open(); }
  close() {
    if (this.state.state === 'open') this.#feed.flush();
    this.#connection.close();
    this.#release(); // so that another client of this page can have the id
    this.#claim = undefined;
  }

  /**
   * Sends a message to its handler on the server. Nothing is queued: it rejects with `code` 'not_connected' while there is
   * no connection, and with 'connection_lost' when that ended before the answer, where the message may have arrived.
   * @param {string} type @param {Record<string, unknown>} [fields] @returns {Promise<any>} the `data` of the reply
   */
  async send(type, fields = {}) {
    if (this.state.state !== 'open') throw failure('not_connected', 'There is no connection to send on.');
    return new Promise((resolve, reject) => this.#post(type, fields, { resolve, reject }));
  }

  /** @param {string} type @param {object} fields @param {Waiting} waiting for the answer */
  #post(type, fields, waiting) {
    const ref = `c${++this.#refs}`;
    const text = JSON.stringify({ ...fields, type, ref });
    // Else it would be the end of the connection (1009).
    if (new TextEncoder().encode(text).length > this.#maxMessageBytes) {
      return waiting.reject(failure('too_large', 'The message is larger than the server takes.'));
    }
    this.#connection.send(text);
    this.#pending.set(ref, waiting);
  }

  /** Asks a run to stop. @param {string} runId @returns {Promise<{ ended?: boolean } | undefined>} */
  cancel(runId) { return this.send('cancel', { run_id: runId }); }

  /** Makes the user a member, with all connections, if the application lets it. @param {string} room */
  join(room) { return this.send('join', { room }); }
  /** @param {string} room */
  leave(room) { return this.send('leave', { room }); }

  /**
   * With `ack: false`: everything up to this event is handled. It is sent with others, at most a second later, or on the next
   * connection; what this client never received, or had acknowledged already, is passed over.
   * @param {string} [id] by default that of the last handled event
   */
  acknowledge(id = this.lastEventId) { this.#feed.acknowledge(id); }

  /** Replaces the filter: these; empty: none; null: all; absent: as before. What has no thread passes each. Not connected, it holds
   * from the next `open` on. @param {Filter} filter */
  async subscribe({ threads, runs }) {
    const change = { ...(threads !== undefined && { threads }), ...(runs !== undefined && { runs }) };
    // Kept only when accepted: a filter that the server refuses would have every reconnect refused.
    if (this.state.state === 'open') await this.send('subscribe', change);
    this.#filter = { ...this.#filter, ...change };
  }

  /** @param {URL} base */
  async #url(base) {
    const { start, clientId, storage, locks, clock } = this.#options;
    this.#clientId = clientId ?? await (this.#claim ??= claimClientId({
      storage, locks, clock, former: this.#clientId, released: new Promise((resolve) => { this.#release = resolve; }),
    }));
    const url = new URL(base);
    url.searchParams.set('client', this.#clientId);
    if (this.#feed.resumeAfter) url.searchParams.set('last_event_id', this.#feed.resumeAfter);
    if (start !== 'open') url.searchParams.set('start', start);
    this.#begunWith = this.#filter;
    for (const thread of this.#filter.threads ?? []) url.searchParams.append('thread', thread);
    for (const run of this.#filter.runs ?? []) url.searchParams.append('run', run);
    return url;
  }

  /** @param {any} data */
  #receive(data) {
    try {
      const message = JSON.parse(data);
      if (typeof message?.type !== 'string') return;
      if (Object.hasOwn(this.#control, message.type)) this.#control[message.type](message);
      else if (typeof message.ts === 'string') { // else a control message of a later server
        const isPassedOver = this.#refines && !passes(this.#filter, message.thread_id, message.run_id);
        this.#feed[isPassedOver ? 'cursor' : 'event'](message);
      }
    } catch (error) {
      report(error); // a message that is not what it should be is worth less than the connection
    }
  }

  /** @type {{ [M in ControlMessage as M['type']]: (message: M) => void } & Record<string, (message: any) => void>} */
  #control = {
    welcome: (message) => this.#welcome(message),
    cursor: (message) => this.#feed.cursor(message),
    reset: (message) => this.#feed.reset(message),
    reply: ({ ref, data }) => this.#answer(ref)?.resolve(data),
    error: ({ ref, code, message }) => this.#answer(ref)?.reject(failure(code, message)),
    goaway: ({ reconnect_in_ms }) => this.#connection.goaway(reconnect_in_ms > 0 ? reconnect_in_ms : 0),
    pong() {}, // that something came is all it says
    auth_expiring() {},
  };

  /** @param {WelcomeMessage} message */
  #welcome(message) {
    this.#maxMessageBytes = message.limits?.max_message_bytes ?? Infinity;
    const { interval_ms: interval, timeout_ms: timeout = 0 } = message.heartbeat ?? {};
    this.#feed.welcome(message, () => {
      this.#refine();
      this.#connection.welcomed(interval === 0 ? timeout / 3 : timeout, interval === 0);
    });
  }

  /** No query parameter says "none", and the filter may be another one by now: the server is asked for it before anybody can ask
   * for the next one. Until it has answered, it sends what it is to keep back. */
  #refine() {
    const { threads, runs } = this.#filter;
    this.#refines = this.#filter !== this.#begunWith || threads?.length === 0 || runs?.length === 0;
    if (!this.#refines) return;
    const done = () => { this.#refines = false; };
    this.#post('subscribe', { threads, runs }, { resolve: done, reject: done });
  }

  /** @param {string} [ref] */
  #answer(ref = '') {
    const waiting = this.#pending.get(ref);
    this.#pending.delete(ref);
    return waiting;
  }

  #lost() {
    this.#feed.pause();
    for (const { reject } of this.#pending.values()) reject(failure('connection_lost', 'The connection ended before the answer came.'));
    this.#pending.clear();
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail })); // never throws: see GuardedEventTarget
  }
}
