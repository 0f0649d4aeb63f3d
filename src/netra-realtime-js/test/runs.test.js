import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, event, openRun, responding, started, startClient, welcome } from '../test-support/fakes.js';

test('a run is shown with thinking, tools and answer in the order in which they came', async () => {
  const world = await startClient();
  const changes = [];
  world.client.addEventListener('runs', ({ detail }) => changes.push(...detail.runs.map((run) => run.runId)));
  world.server.deliver(welcome(),
    event('e-1', 'agent_started', { message: 'Why?', parent_run_id: 'r0' }),
    event('e-2', 'agent_thinking', { delta: 'Let ', part: 1 }),
    event('e-3', 'agent_thinking', { delta: 'me see', part: 1 }),
    event('e-4', 'tool_executing', { call_id: 'c1', tool: 'search', input: { query: 'x' } }),
    event('e-5', 'tool_executing', { call_id: 'c2', tool: 'read' }),
    event('e-6', 'tool_progress', { call_id: 'c1', percent: 40, message: 'half' }),
    event('e-7', 'tool_completed', { call_id: 'c2', tool: 'read', status: 'failed', error: { code: 'x', message: 'no' }, duration_ms: 3 }),
    event('e-8', 'tool_completed', { call_id: 'c1', tool: 'search', status: 'succeeded', output: [1], duration_ms: 9 },
      { truncated: { 'payload.output': 71680 } }),
    event('e-9', 'agent_responding', { delta: 'Because.', part: 2 }),
    event('e-10', 'agent_completed', { result: { ok: true }, duration_ms: 77, usage: { tokens: 1 } }));

  const run = world.client.runs.get('r1');
  assert.deepEqual(run.timeline, [
    { kind: 'thinking', part: 1, text: 'Let me see' },
    { kind: 'tool', callId: 'c1', tool: 'search', status: 'succeeded', input: { query: 'x' }, output: [1], error: undefined,
      durationMs: 9, progress: { percent: 40, message: 'half' }, truncated: { 'payload.output': 71680 } },
    { kind: 'tool', callId: 'c2', tool: 'read', status: 'failed', input: undefined, output: undefined,
      error: { code: 'x', message: 'no' }, durationMs: 3 },
    { kind: 'responding', part: 2, text: 'Because.' },
  ]);
  assert.equal(run.timeline[0], run.parts[0]);
  assert.equal(run.timeline[1], run.tools[0]);
  assert.deepEqual([run.status, run.message, run.parentRunId, run.threadId, run.agent, run.durationMs, run.complete],
    ['completed', 'Why?', 'r0', 't1', 'a', 77, true]);
  assert.deepEqual(run.result, { ok: true });
  assert.equal(run.startedAt, run.endedAt);
  assert.equal(changes.length, 10);
});

const reasons = { error: 'failed', cancelled: 'cancelled', timed_out: 'timed_out', interrupted: 'interrupted', later: 'failed' };
for (const [reason, status] of Object.entries(reasons)) {
  test(`a run that failed by ${reason} is shown as ${status}`, async () => {
    const world = await startClient();
    world.server.deliver(welcome(), started('e-1'), event('e-2', 'agent_failed', { reason, error: { code: 'c' }, duration_ms: 1 }));

    assert.equal(world.client.runs.get('r1').status, status);
    assert.deepEqual(world.client.runs.get('r1').error, { code: 'c' });
  });
}

const completeness = (world) => Object.fromEntries([...world.client.runs.values()].map((run) => [run.runId, run.complete]));

test('open runs are shown from the welcome on, and say when their beginning is missing', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ last_event_id: 'e-9', open_runs: [openRun('whole'), openRun('cut', false), openRun('joined')] }));
  assert.deepEqual(completeness(world), { whole: true, cut: false, joined: true });

  world.server.deliver(started('e-1', 'whole'), responding('e-2', 'x', { run_id: 'joined' }));

  assert.deepEqual(completeness(world), { whole: true, cut: false, joined: false });
});

test('a run that began while the client was away, and is replayed from its start, is complete', async () => {
  const world = await startClient();
  world.server.deliver(welcome());
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ resumed: true, last_event_id: 'e-2', open_runs: [openRun(), openRun('joined')] }));
  assert.deepEqual(completeness(world), { r1: false, joined: false });

  world.server.deliver(started('e-1'), responding('e-2', 'x'), responding('e-3', 'x', { run_id: 'joined' }));

  assert.deepEqual(completeness(world), { r1: true, joined: false });
});

test('only so many ended runs are kept, and every open one', async () => {
  const world = await startClient({ keepEndedRuns: 2 });
  world.server.deliver(welcome(), started('e-1', 'open'));

  for (let i = 1; i <= 5; i++) world.server.deliver(started(`e-${2 * i}`, `r${i}`), completed(`e-${2 * i + 1}`, `r${i}`));

  assert.deepEqual([...world.client.runs.keys()], ['open', 'r4', 'r5']);
});

test('events of the application reach listeners and change no run', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), event('e-1', 'invoice_ready', { number: 7 }));

  assert.equal(world.events[0].payload.number, 7);
  assert.equal(world.client.runs.size, 0);
});
