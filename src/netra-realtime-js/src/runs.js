/**
 * @typedef {import('./protocol.js').EventEnvelope} EventEnvelope
 * @typedef {import('./protocol.js').EventPayloads} EventPayloads
 * @typedef {import('./protocol.js').OpenRunSummary} OpenRun
 * @typedef {'running' | 'completed' | 'failed' | 'cancelled' | 'timed_out' | 'interrupted'} RunStatus
 * @typedef {Partial<import('./protocol.js').EventError>} RunError
 * @typedef {Record<string, number>} Truncated field name to its size in bytes before it was cut
 * @typedef {{ kind: 'thinking' | 'responding', part: number, text: string, truncated?: Truncated }} Part
 * @typedef {{ kind: 'tool', callId: string, tool: string, input?: any, status: 'running' | 'succeeded' | 'failed',
 *   output?: any, error?: RunError, durationMs?: number, progress?: { percent?: number, message?: string },
 *   truncated?: Truncated }} Tool
 * @typedef {{ runId: string, threadId?: string, agent?: string, parentRunId?: string, message?: string,
 *   status: RunStatus, startedAt?: string, endedAt?: string, durationMs?: number, parts: Part[], tools: Tool[],
 *   timeline: (Part | Tool)[], result?: any, usage?: any, error?: RunError, complete: boolean,
 *   truncated?: Truncated }} Run `complete` is false when something of the run was never received
 * @typedef {{ epoch: string, sequence: bigint }} Position
 * @typedef {(thread?: string, run?: string) => boolean} Wanted
 */

/** How each event of the run contract changes what is shown. It returns what a `truncated` note of it belongs to.
 * @type {{ [T in keyof EventPayloads]: (run: Run, payload: EventPayloads[T], event: EventEnvelope) => { truncated?: Truncated } }} */
const Apply = {
  agent_started(run, payload, event) {
    run.startedAt = event.ts;
    run.message = payload.message;
    run.parentRunId = payload.parent_run_id;
    return run;
  },
  agent_thinking: (run, payload) => appendText(run, 'thinking', payload),
  agent_responding: (run, payload) => appendText(run, 'responding', payload),
  tool_executing: (run, payload) => Object.assign(toolOf(run, payload), { input: payload.input }),
  tool_progress: (run, { percent, message, call_id }) =>
    Object.assign(toolOf(run, { call_id }), { progress: { percent, message } }),
  tool_completed: (run, payload) => Object.assign(toolOf(run, payload), {
    status: payload.status === 'succeeded' ? 'succeeded' : 'failed',
    output: payload.output, error: payload.error, durationMs: payload.duration_ms,
  }),
  agent_completed(run, payload, event) {
    run.result = payload.result;
    run.usage = payload.usage;
    return ended(run, 'completed', payload, event);
  },
  agent_failed(run, payload, event) {
    run.error = payload.error;
    const { reason } = payload;
    const isKnown = reason === 'cancelled' || reason === 'timed_out' || reason === 'interrupted';
    return ended(run, isKnown ? reason : 'failed', payload, event);
  },
};

/** What a page shows of its runs, built from events; the rules of rebuilding are at `welcome`. */
export class RunsView {
  /** By run id, oldest first. @type {Map<string, Run>} */
  runs = new Map();
  #keepEnded;
  /** How far each run has been applied. @type {WeakMap<Run, Position>} */
  #applied = new WeakMap();
  /** Shown as open when the server welcomed us, but not open there. @type {Set<Run>} */
  #suspects = new Set();
  /** The runs that were open when the server welcomed us, until the replay is over. @type {Set<string> | undefined} */
  #open;

  /** @param {number} keepEnded */
  constructor(keepEnded) {
    this.#keepEnded = keepEnded;
  }

  /** @param {EventEnvelope & { type: string, payload?: any }} event @param {Position} from @param {Position} to what it covers
   * @returns {Run | null} the run, if it changed */
  apply(event, from, to) {
    if (typeof event.run_id !== 'string' || !Object.hasOwn(Apply, event.type)) return null;
    let run = this.runs.get(event.run_id);
    let applied = run && this.#applied.get(run);
    // Of a run that was not rebuilt after a reset. A range that is known in part cannot be cut: such a run is incomplete already.
    if (run && applied?.epoch === to.epoch && from.sequence <= applied.sequence) return null;
    const starts = event.type === 'agent_started';
    if (!run || (starts && applied)) {
      if (run) this.#suspects.delete(run); // that was the one before
      run = newRun(event.run_id, event);
      // A run that ended before the welcome may be replayed without its end, when only that was delivered.
      if (this.#open && !this.#open.has(run.runId)) this.#suspects.add(run);
      this.runs.set(run.runId, run);
      applied = undefined;
    }
    if (!applied) run.complete = starts; // else its beginning never came
    this.#applied.set(run, to);
    run.agent ??= event.agent;
    const noted = Apply[/** @type {keyof EventPayloads} */ (event.type)](run, event.payload ?? {}, event);
    if (event.truncated) noted.truncated = { ...noted.truncated, ...event.truncated };
    if (run.status !== 'running') this.#trim();
    return run;
  }

  /**
   * The server says which runs are open. With `resumed` every event that is missing follows, so what is shown stays.
   * Without it the replay of start=open brings each open run again from its first retained event: such a run is
   * cleared and built anew, because appending to what is shown would double its text. (A start that replays less only
   * marks it incomplete.) A run that is shown as open but not open there ends within the replay, or was interrupted:
   * `endReplay` decides. Runs begun after this welcome are not in `openRuns` and must not be suspected.
   * @param {OpenRun[]} openRuns @param {boolean} resumed @param {boolean} replaysOpenRuns
   * @param {Wanted} isWanted by the filter as it is now: whether the run is shown at all
   * @param {Wanted} isAwaited by that of this connection too: whether the server sends us the end of the run
   */
  welcome(openRuns, resumed, replaysOpenRuns, isWanted, isAwaited) {
    const open = this.#open = new Set(openRuns.map((entry) => entry.run_id));
    this.#suspects.clear();
    for (const run of this.runs.values()) {
      if (run.status !== 'running' || open.has(run.runId)) continue;
      if (!resumed) run.complete = false;
      if (isAwaited(run.threadId, run.runId)) this.#suspects.add(run);
    }
    for (const entry of openRuns) {
      const shown = this.runs.get(entry.run_id);
      if (isWanted(entry.thread_id, entry.run_id) && (!shown || (!resumed && replaysOpenRuns))) {
        const fresh = newRun(entry.run_id, entry);
        fresh.complete = !resumed && replaysOpenRuns && entry.complete !== false;
        fresh.startedAt = shown?.startedAt;
        fresh.message = shown?.message;
        this.runs.set(entry.run_id, fresh);
      } else if (shown && !resumed) {
        shown.complete = false;
      }
    }
  }

  /** @returns {Run[]} the runs that turned out to be interrupted */
  endReplay() {
    const lost = [...this.#suspects].filter((run) => run.status === 'running');
    this.#suspects.clear();
    this.#open = undefined;
    return this.#interrupt(lost);
  }

  /** A live connection lost events. Of a run that is not among those that may have more of them the end was lost.
   * @param {string[]} [alive] @returns {Run[]} the runs that it concerns */
  reset(alive) {
    const open = this.doubt();
    if (Array.isArray(alive)) this.#interrupt(open.filter((run) => !alive.includes(run.runId)));
    return open;
  }

  /** @param {Run[]} lost */
  #interrupt(lost) {
    for (const run of lost) {
      run.status = 'interrupted';
      for (const tool of run.tools) {
        if (tool.status === 'running') Object.assign(tool, { status: 'failed', error: { code: 'interrupted' } });
      }
    }
    if (lost.length > 0) this.#trim();
    return lost;
  }

  /** Events were lost: nothing that is still open can be whole. @param {string} [runId] only this one @returns {Run[]} */
  doubt(runId) {
    const open = [...this.runs.values()].filter((run) => run.status === 'running' && (!runId || runId === run.runId));
    for (const run of open) run.complete = false;
    return open;
  }

  #trim() {
    const ended = [...this.runs.values()].filter((run) => run.status !== 'running');
    for (const run of ended.slice(0, Math.max(0, ended.length - this.#keepEnded))) this.runs.delete(run.runId);
  }
}

/** @param {string} runId @param {{ thread_id?: string, agent?: string }} from @returns {Run} */
const newRun = (runId, from) => ({
  runId, threadId: from.thread_id, agent: from.agent,
  status: 'running', parts: [], tools: [], timeline: [], complete: true,
});

/** @param {Run} run @param {Part['kind']} kind @param {EventPayloads['agent_responding' | 'agent_thinking']} payload @returns {Part} */
function appendText(run, kind, payload) {
  let part = run.parts.findLast((known) => known.part === payload.part);
  if (!part) {
    part = { kind, part: payload.part, text: '' };
    run.parts.push(part);
    run.timeline.push(part);
  }
  if (typeof payload.delta === 'string') part.text += payload.delta;
  return part;
}

/** @param {Run} run @param {{ call_id: string, tool?: string }} payload @returns {Tool} */
function toolOf(run, payload) {
  let tool = run.tools.find((known) => known.callId === payload.call_id);
  if (!tool) {
    tool = { kind: 'tool', callId: payload.call_id, tool: '', status: 'running' };
    run.tools.push(tool);
    run.timeline.push(tool);
  }
  if (typeof payload.tool === 'string') tool.tool = payload.tool;
  return tool;
}

/** @param {Run} run @param {RunStatus} status @param {EventPayloads['agent_completed' | 'agent_failed']} payload @param {EventEnvelope} event */
function ended(run, status, payload, event) {
  run.status = status;
  run.endedAt = event.ts;
  run.durationMs = payload.duration_ms;
  return run;
}
