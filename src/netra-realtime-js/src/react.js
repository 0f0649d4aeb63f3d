import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { RealtimeClient } from './realtime-client.js';

/**
 * @typedef {import('./realtime-client.js').RealtimeOptions} RealtimeOptions
 * @typedef {import('./realtime-client.js').StateDetail} StateDetail
 * @typedef {import('./realtime-client.js').ResetDetail} ResetDetail
 * @typedef {import('./runs.js').Run} Run
 * @typedef {import('./runs.js').Part} Part
 * @typedef {import('./runs.js').Tool} Tool
 * @typedef {Readonly<Omit<Run, 'parts' | 'tools' | 'timeline'>> & { readonly parts: readonly Readonly<Part>[],
 *   readonly tools: readonly Readonly<Tool>[], readonly timeline: readonly Readonly<Part | Tool>[] }} RunSnapshot
 * @typedef {{ subscribe(listener: () => void): () => void, runs(): readonly RunSnapshot[], state(): StateDetail }} Store
 */

// Tokens come faster than a screen is drawn. A timer rather than an animation frame: a page in the background gets no frames.
const DrawMs = 16;

/** @type {readonly RunSnapshot[]} */
const NoRuns = Object.freeze([]);
/** @type {StateDetail} */
const NotConnected = Object.freeze({ state: 'closed', why: 'Not connected yet.' });
/** @type {Store} */
const Nothing = { subscribe: () => () => {}, runs: () => NoRuns, state: () => NotConnected };

/** What components see of a client: one for all of them. @type {WeakMap<RealtimeClient<any>, Store>} */
const stores = new WeakMap();

/**
 * A client that lives as long as the component: connected after the first render, closed at the end. Another `url` makes
 * another client; of `options` those count that the component had when its client was made, but for `onEvent` and `onReset`.
 * @template {Record<string, any>} [Custom={}] the application's own events: type to payload
 * @param {string | URL} url
 * @param {RealtimeOptions & { onEvent?: (event: import('./realtime-client.js').RealtimeEvent<Custom>) => void,
 *   onReset?: (detail: ResetDetail) => void }} [options]
 * @returns {{ client: RealtimeClient<Custom> | null, state: StateDetail, runs: readonly RunSnapshot[] }}
 *   `client` is null in the first render, and on a server
 */
export function useRealtime(url, options) {
  const [client, setClient] = useState(/** @type {RealtimeClient<Custom> | null} */ (null));
  const latest = useRef(options);
  useEffect(() => { latest.current = options; });
  const address = String(url);
  useEffect(() => {
    /** @type {RealtimeClient<Custom>} */
    const own = new RealtimeClient(address, latest.current);
    own.addEventListener('event', ({ detail }) => latest.current?.onEvent?.(detail));
    own.addEventListener('reset', ({ detail }) => latest.current?.onReset?.(detail));
    setClient(own);
    own.connect();
    return () => {
      own.close();
      setClient(null);
    };
  }, [address]);
  return { client, state: useConnectionState(client), runs: useAgentRuns(client) };
}

/**
 * The runs of a client, oldest first. What has not changed is the same object as before, down to each part and tool, so that
 * `memo` spares it.
 * @param {RealtimeClient<any> | null} client @returns {readonly RunSnapshot[]}
 */
export function useAgentRuns(client) {
  const { subscribe, runs } = client ? storeOf(client) : Nothing;
  return useSyncExternalStore(subscribe, runs, Nothing.runs);
}

/** @param {RealtimeClient<any> | null} client @returns {StateDetail} */
export function useConnectionState(client) {
  const { subscribe, state } = client ? storeOf(client) : Nothing;
  return useSyncExternalStore(subscribe, state, Nothing.state);
}

/** @param {RealtimeClient<any>} client @returns {Store} */
function storeOf(client) {
  let store = stores.get(client);
  if (!store) stores.set(client, store = createStore(client));
  return store;
}

/** @param {RealtimeClient<any>} client @returns {Store} */
function createStore(client) {
  /** @type {Map<string, RunSnapshot>} */
  let known = new Map();
  /** @type {readonly RunSnapshot[]} */
  let runs = NoRuns;
  let { state } = client;
  /** Changed, and not yet taken. @type {Set<string>} */
  const changed = new Set();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {any} */
  let timer;

  const take = () => {
    const next = new Map();
    for (const [id, run] of client.runs) next.set(id, changed.has(id) || !known.has(id) ? snapshotOf(run, known.get(id)) : known.get(id));
    changed.clear();
    known = next;
    runs = [...next.values()];
  };
  const tell = () => {
    timer = undefined;
    if (changed.size > 0 || known.size !== client.runs.size) take();
    state = client.state;
    for (const listener of listeners) listener();
  };
  const soon = () => { timer ??= setTimeout(tell, DrawMs); };
  client.addEventListener('runs', ({ detail }) => {
    for (const run of detail.runs) changed.add(run.runId);
    soon();
  });
  client.addEventListener('state', soon);
  if (client.runs.size > 0) take();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    runs: () => runs,
    state: () => state,
  };
}

/** @param {Run} run @param {RunSnapshot} [former] @returns {RunSnapshot} */
function snapshotOf(run, former) {
  const timeline = run.timeline.map((item, i) => {
    const known = former?.timeline[i];
    return known && isSame(known, item) ? known : { ...item };
  });
  return {
    ...run, timeline,
    parts: /** @type {Part[]} */ (timeline.filter((item) => item.kind !== 'tool')),
    tools: /** @type {Tool[]} */ (timeline.filter((item) => item.kind === 'tool')),
  };
}

/** @param {any} a @param {any} b */
const isSame = (a, b) => {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => Object.is(a[key], b[key]));
};
