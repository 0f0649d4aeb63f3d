import { askWhy, closeVerdict, isRefusal, refusal, waitMs, words } from './refusals.js';

/**
 * @typedef {import('./client-id.js').Clock} Clock
 * @typedef {'connecting' | 'open' | 'waiting' | 'closed'} State
 * @typedef {{ state: State, why: string, code?: number, reason?: string, status?: number, retryInMs?: number }} StateDetail
 *   `code` and `reason` of the close, or the HTTP `status` that refused the handshake
 * @typedef {{ url(): Promise<URL>, token?: () => string | undefined | Promise<string | undefined>,
 *   WebSocket: new (url: string, protocols: string[]) => WebSocket, fetch: typeof fetch, random(): number, clock: Clock,
 *   network?: EventTarget, onMessage(data: unknown): void, onState(detail: StateDetail): void, onLost(): void
 * }} ConnectionOptions
 */

const WelcomeTimeoutMs = 20_000;
const ProbeTimeoutMs = 10_000;
const CloseTimeoutMs = 1_000;
const SettledMs = 10_000;
const MaxBackoffMs = 30_000;
const LateMs = 60_000;
const Superseded = 4509;

/** One socket after the other: opens, notices the end, decides by its code whether, when and how to come back. */
export class Connection {
  /** @type {StateDetail} */
  detail = { state: 'closed', why: 'Not connected yet.' };
  #options;
  /** @type {WebSocket | undefined} */
  #socket;
  // One timer is enough: each state waits for one thing only (welcome or close, probe, silence, retry).
  /** @type {any} */
  #timer;
  // Counts everything that was begun; whatever answers later with an older number is ignored.
  #turn = 0;
  #attempts = 0;
  #protocolErrors = 0;
  #goawayMs = 0;
  #notBefore = 0;
  #silenceMs = 0;
  #mustSpeak = false;
  #heard = false;
  /** From when on a connection has lived long enough to count as a success. */
  #settlesAt = Infinity;
  /** What the last handshake asked for. @type {URL | undefined} */
  #url;
  /** @type {string | undefined} */
  #token;
  /** @type {AbortController | undefined} */
  #asking;
  /** Whether the handshake was accepted. */
  #isOpen = false;
  /** When attempts were given up that had brought no welcome. @type {number[]} */
  #givenUp = [];

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  open() {
    if (this.detail.state !== 'closed') return;
    this.#attempts = this.#protocolErrors = this.#goawayMs = 0;
    this.#options.network?.addEventListener('online', this.#online);
    this.#connect();
  }

  close() {
    const socket = this.#socket;
    if (this.detail.state === 'closed') return;
    this.#end(true);
    this.#stop({ code: 1000, why: 'Closed by the application.' });
    socket?.close(1000);
  }

  /** @param {string} text */
  send(text) { this.#socket?.send(text); }

  /** @param {number} silenceMs how long nothing may come before the server is asked for a sign of life; 0: never
   * @param {boolean} mustSpeak whether the server waits for signs of life without asking for them */
  welcomed(silenceMs, mustSpeak) {
    this.#silenceMs = waitMs(silenceMs);
    this.#mustSpeak = mustSpeak;
    this.#settlesAt = this.#options.clock.now() + SettledMs;
    this.#watch(this.#silenceMs, false);
    this.#set({ state: 'open', why: 'Connected.' });
  }

  /** @param {number} delayMs how long to stay away once this connection ends */
  goaway(delayMs) { this.#goawayMs = waitMs(delayMs); }

  async #connect() {
    const turn = ++this.#turn;
    this.#later(() => this.#lost(1006, 'no welcome'), WelcomeTimeoutMs);
    this.#set({ state: 'connecting', why: 'Connecting.' });
    await undefined; // who closes in the same breath, as React's strict mode does, has begun nothing
    if (turn !== this.#turn) return;
    const { url: target, token, WebSocket } = this.#options;
    let url;
    const protocols = ['netra.v1'];
    try {
      url = await target();
      const given = await token?.();
      if (turn !== this.#turn) return;
      this.#url = url;
      this.#token = given;
      if (given) protocols.push(`jwt.${btoa(given).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`);
    } catch (error) {
      if (turn === this.#turn) this.#retry({ why: `The credentials could not be had: ${error}` });
      return;
    }
    url.protocol = url.protocol.replace('http', 'ws');
    try {
      const socket = this.#socket = new WebSocket(url.href, protocols);
      this.#isOpen = false;
      socket.onopen = () => { this.#isOpen ||= turn === this.#turn; };
      socket.onmessage = ({ data }) => {
        if (turn !== this.#turn) return;
        this.#heard = true;
        this.#options.onMessage(data);
      };
      socket.onclose = ({ code, reason }) => turn === this.#turn && this.#lost(code, reason);
      // A close follows, but for a handshake that failed in the WebSocket of Node 20 and 22. Node's 'ws' throws what nobody listens to.
      socket.onerror = () =>
        turn === this.#turn && this.detail.state === 'connecting' && this.#later(() => this.#lost(1006), CloseTimeoutMs);
    } catch (error) {
      // A URL or subprotocol that no attempt will accept, or mixed content.
      this.#end();
      this.#stop({ why: String(error) });
    }
  }

  /** A socket can be dead for many minutes before the browser knows. Pings of the server are invisible to a page, so
   * after a silence it asks, and a second silence is the end. @param {number} ms @param {boolean} asked */
  #watch(ms, asked) {
    this.#heard = false;
    this.#later(() => {
      if (!ms) return;
      if (asked && !this.#heard) return this.#lost(1006, 'no answer');
      const asks = this.#mustSpeak || !this.#heard;
      if (asks) this.send('{"type":"ping"}');
      this.#watch(this.#silenceMs, asks);
    }, ms);
  }

  /** @param {number} code @param {string} [reason] */
  #lost(code, reason = '') {
    const socket = this.#socket;
    const goawayMs = this.#goawayMs;
    const isFailedHandshake = this.#end(code === 1006);
    socket?.close(); // does nothing to a closed one; one that was given up must not stay behind
    const { staysAway, isProtocolError, notSoonerMs } = closeVerdict(code);
    const detail = { code, reason, why: words(code) };
    // The server may have come late to an attempt that we had given up, and have taken it for the newer one.
    if (code === Superseded && this.#late().shift() !== undefined) return this.#retry(detail, 0, 0);
    if (staysAway) return this.#stop(detail);
    this.#protocolErrors = isProtocolError ? this.#protocolErrors + 1 : 0;
    if (this.#protocolErrors === 3) return this.#stop({ ...detail, why: `${detail.why} Gave up after three in a row.` });
    if (isFailedHandshake) return this.#probe(detail);
    this.#retry(detail, Math.max(goawayMs, notSoonerMs));
  }

  /** @param {{ code: number, reason: string, why: string }} detail */
  async #probe(detail) {
    const turn = this.#turn;
    const asking = this.#asking = new AbortController();
    this.#later(() => asking.abort(), ProbeTimeoutMs);
    this.#set({ ...detail, state: 'connecting' });
    if (turn !== this.#turn) return;
    const { fetch, clock } = this.#options;
    const { status, retryAfterMs } = await askWhy(/** @type {URL} */ (this.#url), this.#token, fetch, asking.signal, clock.now());
    if (turn !== this.#turn) return;
    const why = refusal(status);
    if (!why) return this.#retry(detail);
    // It was refused, so the server will not come to it later; unless it was not, or it was we who did not wait.
    if (!detail.reason && !this.#isOpen) this.#late().pop();
    if (isRefusal(status)) return this.#stop({ status, why });
    this.#retry({ ...detail, status, why }, retryAfterMs);
  }

  /** At once, then at random up to 0.5 s x 2^n, so that those who lost one server do not come back as one wave. A floor
   * is waited on top: those who were refused together spread as well.
   * @param {Omit<StateDetail, 'state'>} detail @param {number} [floorMs] @param {number} [n] */
  #retry(detail, floorMs = 0, n = this.#attempts++) {
    const { clock, random } = this.#options;
    const backoffMs = n === 0 && floorMs === 0 ? 0 : random() * Math.min(MaxBackoffMs, 500 * 2 ** Math.max(n - 1, 0));
    const retryInMs = Math.round(floorMs + backoffMs);
    this.#notBefore = clock.now() + floorMs;
    this.#later(() => this.#connect(), retryInMs);
    this.#set({ ...detail, state: 'waiting', retryInMs });
  }

  #online = () => {
    if (this.detail.state === 'waiting') {
      this.#later(() => this.#connect(), Math.max(0, this.#notBefore - this.#options.clock.now()));
    } else if (this.detail.state === 'open' && this.#silenceMs) {
      // Another network: the old socket is probably dead, and silence would tell so only minutes later.
      this.send('{"type":"ping"}');
      this.#watch(5_000, true);
    }
  };

  /** The attempts that the server may still come to. */
  #late() {
    const since = this.#options.clock.now() - LateMs;
    return (this.#givenUp = this.#givenUp.filter((at) => at >= since));
  }

  /** The socket is over, whatever comes next. @param {boolean} [isCut] by us or by the network: the server may not know
   * @returns whether that cut a handshake that had brought no welcome */
  #end(isCut) {
    const { clock, onLost } = this.#options;
    const isGivenUp = isCut && this.#socket && this.detail.state === 'connecting';
    if (isGivenUp) this.#late().push(clock.now());
    if (clock.now() >= this.#settlesAt) this.#attempts = this.#protocolErrors = 0;
    this.#settlesAt = Infinity;
    this.#asking?.abort();
    this.#turn++;
    this.#socket = undefined;
    this.#goawayMs = 0;
    clock.clearTimeout(this.#timer);
    onLost();
    return isGivenUp;
  }

  /** @param {Omit<StateDetail, 'state'>} detail */
  #stop(detail) {
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.network?.removeEventListener('online', this.#online);
    this.#set({ ...detail, state: 'closed' });
  }

  /** @param {StateDetail} detail */
  #set(detail) {
    this.detail = detail;
    this.#options.onState(detail);
  }

  /** @param {() => void} run @param {number} ms */
  #later(run, ms) {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = this.#options.clock.setTimeout(run, ms);
  }
}
