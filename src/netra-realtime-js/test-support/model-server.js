// What a server does that keeps to the protocol, as far as a client can tell: one log, and connections that read it.
import { completed, event, started, welcome } from './fakes.js';

/** Small numbers that look random, the same ones for the same seed. @returns {(below: number) => number} */
export function dice(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export class ModelServer {
  life = 1;
  /** Of this life: what the event is, without its id. */
  log = [];
  tail = 1;
  /** By run id: the deltas that it was told to say. Each is a word of its own, so that a doubled one is seen. */
  said = new Map();
  open = new Set();
  ended = new Set();
  #runs = 0;
  #roll;

  constructor(roll) { this.#roll = roll; }

  get head() { return this.log.length; }

  idOf(sequence) { return `life${this.life}-${sequence}`; }

  emit() {
    const open = [...this.open];
    const run = open[this.#roll(open.length || 1)];
    if (run === undefined || (open.length < 3 && this.#roll(10) === 0)) return this.#start();
    if (this.#roll(25) === 0) return this.#end(run);
    const delta = `<${run} ${this.said.get(run).length}>`;
    this.said.get(run).push(delta);
    this.log.push({ run, delta });
  }

  /** The oldest events leave the window. */
  trim() { this.tail += this.#roll(this.head - this.tail + 2); }

  /** The process ends, and all that it knew. */
  restart() {
    this.life++;
    this.log = [];
    this.tail = 1;
    this.open.clear();
  }

  #start() {
    const run = `r${++this.#runs}`;
    this.open.add(run);
    this.said.set(run, []);
    this.log.push({ run, starts: true });
  }

  #end(run) {
    this.open.delete(run);
    this.ended.add(run);
    this.log.push({ run, ends: true });
  }

  /** All that a connection that asks for this is sent until it has caught up, a message at a time. */
  *connection(query) {
    const last = /^life(\d+)-(\d+)$/.exec(query.get('last_event_id') ?? '');
    const reset = !last ? undefined : Number(last[1]) !== this.life ? 'epoch_changed' : Number(last[2]) < this.tail - 1 ? 'too_old' : undefined;
    const resumed = last !== null && reset === undefined;
    const { life, head } = this;
    const replayed = new Set(this.open);
    const first = (run) => this.log.findIndex((entry) => entry.run === run) + 1;
    let next = resumed ? Number(last[2]) + 1 : Math.min(head + 1, ...[...replayed].map((run) => Math.max(first(run), this.tail)));
    const isVisible = (sequence) => resumed || sequence > head || replayed.has(this.log[sequence - 1].run);
    yield welcome({
      epoch: `life${life}`, last_event_id: this.idOf(head), resumed, ...(reset && { reset }),
      open_runs: [...replayed].map((run) => ({ run_id: run, complete: first(run) >= this.tail })),
    });
    for (let told = false; this.life === life && (next <= this.head || !told);) {
      if (next > head && !told) {
        told = true;
        yield { type: 'cursor', id: this.idOf(next - 1) };
      } else if (next < this.tail) {
        next = this.tail;
        yield { type: 'reset', reason: 'too_old', last_event_id: this.idOf(next - 1) };
      } else if (!isVisible(next)) {
        next++;
      } else {
        yield this.#read(next, isVisible, (after) => { next = after; });
      }
    }
  }

  #read(sequence, isVisible, advance) {
    const { run, delta, starts, ends } = this.log[sequence - 1];
    const fields = { run_id: run };
    advance(sequence + 1);
    if (starts) return started(this.idOf(sequence), run);
    if (ends) return completed(this.idOf(sequence), run);
    // As many neighbours as it likes are one event.
    let text = delta;
    let to = sequence;
    for (let after = sequence + 1; after <= this.head && this.#roll(3) > 0; after++) {
      if (!isVisible(after)) continue;
      const neighbour = this.log[after - 1];
      if (neighbour.run !== run || !neighbour.delta) break;
      text += neighbour.delta;
      to = after;
    }
    advance(to + 1);
    return event(this.idOf(to), 'agent_responding', { delta: text, part: 1 }, { ...fields, ...(to > sequence && { first: this.idOf(sequence) }) });
  }
}
