/**
 * @typedef {import('./runs.js').Position} Position
 * @typedef {import('./runs.js').Run} Run
 * @typedef {import('./runs.js').Wanted} Wanted
 * @typedef {{ view: import('./runs.js').RunsView, clock: import('./client-id.js').Clock, lastEventId?: string,
 *   acknowledges: boolean, start: 'open' | 'undelivered' | 'live', wants: Wanted, awaits: Wanted, isOpen(): boolean, send(text: string): void,
 *   tell(type: string, detail: object): void }} FeedOptions `wants` and `awaits` as in RunsView.welcome
 */

const AckEvents = 64;
const AckMs = 1000;
// A replay of thousands must not spend the server's message limit (10 a second by default) on acknowledgements.
const AckNotSoonerMs = 250;

/** The sequence can be above 2^53. @param {unknown} id @returns {Position | null} */
function parseId(id) {
  const match = typeof id === 'string' && /^(.+)-(\d{1,19})$/.exec(id);
  return match ? { epoch: match[1], sequence: BigInt(match[2]) } : null;
}

/** One that we do not know is a lost log. @param {string} [reason] */
const known = (reason = '') => (/^(epoch_changed|too_old|invalid)$/.test(reason) ? reason : 'log_lost');

/** Hands each event on once and in order, knows from where to resume, and acknowledges. */
export class EventFeed {
  /** @type {string | undefined} */
  lastEventId;
  /** The last handled event before the server began anew. @type {string | undefined} */
  #former;
  #options;
  /** Where `lastEventId` is. @type {Position | null} */
  #last = null;
  // The head of the log when the server welcomed us; set until the replay has reached it.
  /** @type {Position | null} */
  #replayHead = null;
  #userId = '';
  /** What the application, or we for it, said is handled. @type {string | undefined} */
  #handled;
  #handledSequence = 0n;
  #unacked = 0;
  #ackedAt = -Infinity;
  /** @type {any} */
  #ackTimer = null;

  /** @param {FeedOptions} options */
  constructor(options) {
    this.#options = options;
    this.#remember(options.lastEventId);
  }

  /** What a connection asks to resume after. As long as nothing of a new beginning has come that is the old id: what a cut
   * takes from us counts as delivered, so that the server has to say `reset` again. */
  get resumeAfter() { return this.lastEventId ?? this.#former; }

  /** @param {import('./protocol.js').WelcomeMessage} message @param {() => void} opened what makes the connection count as open */
  welcome({ resumed, reset, open_runs, user_id, last_event_id }, opened) {
    const { view, start, wants, awaits, tell } = this.#options;
    if (this.#userId && this.#userId !== user_id) view.runs.clear(); // another user signed in: nothing of the former stays
    this.#userId = user_id;
    // Not resumed, the server begins anew: with events that were perhaps handled before (the open runs again), or with
    // another epoch. What was remembered no longer tells what is new, and the application learns it by `reset`.
    if (!resumed) {
      this.#former = this.resumeAfter;
      this.#begin(start === 'live' ? last_event_id : undefined); // live begins at the head, so that is known
    }
    this.#replayHead = parseId(last_event_id) ?? { epoch: '', sequence: 0n };
    view.welcome(Array.isArray(open_runs) ? open_runs : [], Boolean(resumed), start === 'open', wants, awaits);
    opened();
    if (!resumed && reset) tell('reset', { reason: known(reset) });
    tell('runs', { runs: [...view.runs.values()] }); // without any too: those of a former user are gone
    if (!this.#handled) return;
    this.#unacked ||= 1; // the last connection may have been dead already when it was told
    this.#ackSoon();
  }

  /** @param {any} message */
  event(message) {
    const to = parseId(message.id);
    if (!to) return;
    const first = parseId(message.first);
    const from = first?.epoch === to.epoch && first.sequence < to.sequence ? first : to;
    if (this.#last?.epoch === to.epoch && from.sequence <= this.#last.sequence) {
      // Handled before. A range that is known only in part cannot be cut here: rather a gap that is told than text twice.
      if (to.sequence > this.#last.sequence) this.#changed(this.#options.view.doubt(message.run_id));
      return;
    }
    this.#reached(to, 1n);
    this.#remember(message.id, to);
    const run = this.#options.view.apply(message, from, to);
    this.#options.tell('event', message);
    if (run) this.#changed([run]);
    if (this.#options.acknowledges) this.acknowledge(message.id);
  }

  /** Nothing up to here will be sent again. @param {import('./protocol.js').CursorMessage} message */
  cursor({ id }) {
    const at = parseId(id);
    if (!at || (this.#last?.epoch === at.epoch && at.sequence < this.#last.sequence)) return;
    this.#remember(id, at);
    this.#reached(at, 0n);
  }

  /** This connection lost events. @param {import('./protocol.js').ResetMessage} message */
  reset({ reason, last_event_id, runs }) {
    this.#begin(last_event_id);
    const open = this.#options.view.reset(runs);
    this.#options.tell('reset', { reason: known(reason) });
    this.#changed(open);
  }

  /** The connection is gone: the rest is acknowledged on the next one. */
  pause() {
    this.#options.clock.clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
  }

  /** Everything up to here is handled: told to the server at most once a second, or after 64 of these.
   * @param {string} [id] */
  acknowledge(id) {
    const at = parseId(id);
    // What was not sent to us the server refuses, and so many refusals are the end of a connection.
    if (!at || at.epoch !== this.#last?.epoch || at.sequence > this.#last.sequence || at.sequence <= this.#handledSequence) return;
    this.#handled = id;
    this.#handledSequence = at.sequence;
    this.#unacked++;
    this.#ackSoon();
  }

  flush() {
    this.pause();
    if (this.#unacked === 0) return;
    this.#unacked = 0;
    this.#ackedAt = this.#options.clock.now();
    this.#options.send(JSON.stringify({ type: 'ack', id: this.#handled }));
  }

  #ackSoon() {
    const { isOpen, clock } = this.#options;
    if (!isOpen()) return; // the next welcome asks again
    if (this.#unacked >= AckEvents && clock.now() - this.#ackedAt >= AckNotSoonerMs) this.flush();
    else this.#ackTimer ??= clock.setTimeout(() => this.flush(), AckMs);
  }

  /** A cursor can also come in the middle of a replay (after many skipped events), so the replay is over when a cursor
   * reaches the head of the welcome, or an event is `beyond` it. @param {Position} at @param {bigint} beyond */
  #reached(at, beyond) {
    const head = this.#replayHead;
    if (!head || (at.epoch === head.epoch && at.sequence < head.sequence + beyond)) return;
    this.#replayHead = null;
    this.#changed(this.#options.view.endReplay());
  }

  /** What was handled before is of another story. @param {string | undefined} id */
  #begin(id) {
    this.#remember(id);
    this.#handled = undefined;
    this.#handledSequence = 0n;
    this.#unacked = 0;
  }

  /** @param {string | undefined} id */
  #remember(id, at = parseId(id)) {
    this.lastEventId = at ? id : undefined;
    this.#last = at;
  }

  /** @param {Run[]} runs */
  #changed(runs) {
    if (runs.length > 0) this.#options.tell('runs', { runs });
  }
}
