import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, cursor, event, openRun, responding, settle, started, startClient, welcome } from '../test-support/fakes.js';

const reconnect = async (world, answer) => {
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(answer);
  return world.server.url.searchParams;
};

test('the first connection asks for no event, the next resumes after the last handled one', async () => {
  const world = await startClient();
  const first = world.server.url;
  world.server.deliver(welcome(), started('e-1'), responding('e-3', 'a', { first: 'e-2' }));

  const query = await reconnect(world, welcome({ resumed: true }));

  assert.equal(first.href, 'wss://example.test/ws?client=tab-1');
  assert.equal(query.get('last_event_id'), 'e-3');
  assert.equal(world.client.lastEventId, 'e-3');
});

test('an event is handled once, and sequences are compared as numbers beyond 2^53', async () => {
  const world = await startClient();
  world.server.deliver(welcome());

  for (const id of ['e-9', 'e-10', 'e-9', 'e-10',
    'e-9007199254740992', 'e-9007199254740993', 'e-9007199254740993', 'e-9223372036854775807']) {
    world.server.deliver(event(id, 'note', {}, { run_id: undefined }));
  }

  assert.deepEqual(world.ids, ['e-9', 'e-10', 'e-9007199254740992', 'e-9007199254740993', 'e-9223372036854775807']);
});

test('an epoch may contain dashes', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('a-b-9'), responding('a-b-10', 'x'), responding('a-b-10', 'x'));

  assert.deepEqual(world.ids, ['a-b-9', 'a-b-10']);
});

test('a coalesced event is applied once, and one that is known in part is never applied twice', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), responding('e-4', 'abc', { first: 'e-2' }));
  world.server.deliver(responding('e-4', 'abc', { first: 'e-2' }), responding('e-3', 'b'));
  assert.equal(world.client.runs.get('r1').parts[0].text, 'abc');
  assert.equal(world.client.runs.get('r1').complete, true);

  world.server.deliver(responding('e-6', 'bcde', { first: 'e-3' }));

  assert.equal(world.client.runs.get('r1').parts[0].text, 'abc');
  assert.equal(world.client.runs.get('r1').complete, false);
  assert.deepEqual(world.ids, ['e-1', 'e-4']);
});

test('a cursor moves what is remembered forwards only, and nothing else but events does', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ last_event_id: 'e-50' }));
  assert.equal(world.client.lastEventId, undefined);

  world.server.deliver(cursor('e-40'), cursor('e-30'), cursor('nonsense'), { type: 'pong' }, { type: 'reply', ref: 'x' });

  assert.equal(world.client.lastEventId, 'e-40');
});

test('after a change of epoch the application is told, ids start anew and lost runs are interrupted after the cursor', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1', 'gone'), event('e-2', 'tool_executing', { call_id: 'c', tool: 's' }, { run_id: 'gone' }),
    started('e-3', 'kept'));

  await reconnect(world, welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-2', open_runs: [openRun('kept')] }));
  assert.deepEqual(world.resets, ['epoch_changed']);
  assert.equal(world.client.lastEventId, undefined);
  world.server.deliver(started('f-1', 'kept'), responding('f-2', 'x', { run_id: 'kept' }));
  assert.equal(world.client.runs.get('gone').status, 'running');
  world.server.deliver(cursor('f-2'));

  assert.equal(world.client.runs.get('gone').status, 'interrupted');
  assert.equal(world.client.runs.get('gone').complete, false);
  assert.equal(world.client.runs.get('gone').tools[0].status, 'failed');
  assert.equal(world.client.runs.get('kept').status, 'running');
  assert.deepEqual(world.ids.slice(3), ['f-1', 'f-2']);
});

test('a cursor in the middle of a replay interrupts nothing', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  await reconnect(world, welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-900' }));

  world.server.deliver(cursor('f-300'));
  assert.equal(world.client.runs.get('r1').status, 'running');
  world.server.deliver(completed('f-900'), cursor('f-900'));

  assert.equal(world.client.runs.get('r1').status, 'completed');
});

test('a run that began after the welcome is not suspected by the cursor that ends the replay', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ last_event_id: 'e-5' }), started('e-6', 'new'), cursor('e-6'));

  assert.equal(world.client.runs.get('new').status, 'running');
});

test('an event beyond the head of the welcome ends the replay as a cursor does', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  await reconnect(world, welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-0' }));

  world.server.deliver(started('f-1', 'other'));

  assert.equal(world.client.runs.get('r1').status, 'interrupted');
});

test('a run outside the filter is not suspected', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  const change = world.client.subscribe({ threads: ['t2'] });
  world.server.deliver({ type: 'reply', ref: world.server.sent.at(-1).ref });
  await change;

  await reconnect(world, welcome({ resumed: true, last_event_id: 'e-1' }));
  world.server.deliver(cursor('e-1'));

  assert.equal(world.client.runs.get('r1').status, 'running');
});

test('a run without a thread passes every filter, and is suspected', async () => {
  const world = await startClient({ runs: ['other'], threads: [] });
  world.server.deliver(welcome(), event('e-1', 'agent_started', {}, { thread_id: undefined }));

  await reconnect(world, welcome({ resumed: true, last_event_id: 'e-1' }));
  world.server.deliver(cursor('e-1'));

  assert.equal(world.client.runs.get('r1').status, 'interrupted');
});

test('a run is not suspected where the filter that the connection was begun with had kept it back', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  await world.delayAfter(() => world.server.end(4408));
  await world.client.subscribe({ threads: ['t2'] });
  await world.delayAfter(() => world.server.end(4408));
  await world.client.subscribe({ threads: null });

  world.server.deliver(welcome({ resumed: true, last_event_id: 'e-1' }), cursor('e-1'));

  assert.equal(world.client.runs.get('r1').status, 'running');
});

test('an open run that the filter refuses by now is not rebuilt, and is incomplete', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), responding('e-2', 'kept'));
  await world.delayAfter(() => world.server.end(4408));
  await world.client.subscribe({ threads: ['t2'] });

  world.server.deliver(welcome({ reset: 'too_old', last_event_id: 'e-9', open_runs: [openRun()] }), started('e-1'), cursor('e-9'));

  assert.equal(world.client.runs.get('r1').parts[0].text, 'kept');
  assert.equal(world.client.runs.get('r1').complete, false);
  assert.equal(world.client.runs.get('r1').status, 'running');
});

test('an open run is rebuilt by the replay when the position was too old, without doubled text', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), responding('e-4', 'Hello', { first: 'e-2' }),
    started('e-5', 'ended'), completed('e-6', 'ended'));
  const before = world.client.runs.get('r1');

  await reconnect(world, welcome({ reset: 'too_old', last_event_id: 'e-9', open_runs: [openRun()] }));
  world.server.deliver(started('e-1'), responding('e-8', 'Hello world', { first: 'e-2' }), cursor('e-9'), responding('e-10', '!'));

  const run = world.client.runs.get('r1');
  assert.notEqual(run, before);
  assert.equal(run.parts[0].text, 'Hello world!');
  assert.equal(run.complete, true);
  assert.equal(run.status, 'running');
  assert.deepEqual([...world.client.runs.keys()], ['r1', 'ended']);
});

test('a run that was not rebuilt takes no event a second time after a reset of the same epoch', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), responding('e-2', 'once'), completed('e-3'));

  await reconnect(world, welcome({ reset: 'too_old', last_event_id: 'e-9' }));
  world.server.deliver(responding('e-2', 'once'), completed('e-3'), cursor('e-9'));

  assert.equal(world.client.runs.get('r1').parts[0].text, 'once');
});

test('with a start that replays less an open run is kept and marked incomplete', async () => {
  const world = await startClient({ start: 'live' });
  world.server.deliver(welcome(), started('e-1'), responding('e-2', 'kept'));

  const query = await reconnect(world, welcome({ reset: 'too_old', last_event_id: 'e-9', open_runs: [openRun()] }));

  assert.equal(query.get('start'), 'live');
  assert.equal(world.client.runs.get('r1').parts[0].text, 'kept');
  assert.equal(world.client.runs.get('r1').complete, false);
});

test('with start live the head is where the client is, so that a cut right after the welcome loses nothing', async () => {
  const world = await startClient({ start: 'live' });
  world.server.deliver(welcome({ last_event_id: 'e-50' }));

  const query = await reconnect(world, welcome({ resumed: true, last_event_id: 'e-52' }));

  assert.equal(query.get('last_event_id'), 'e-50');
});

test('a cut before anything of a new beginning has come is told as another reset: what it took counts as delivered', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  await reconnect(world, welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-2' }));

  const query = await reconnect(world, welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-5' }));
  world.server.deliver(cursor('f-5'));

  assert.equal(query.get('last_event_id'), 'e-1');
  assert.deepEqual(world.resets, ['epoch_changed', 'epoch_changed']);
  assert.equal((await reconnect(world, welcome({ epoch: 'f', resumed: true, last_event_id: 'f-5' }))).get('last_event_id'), 'f-5');
});

test('a live reset tells the application, moves what is remembered and marks open runs incomplete', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), started('e-2', 'r2'), completed('e-3', 'r2'));

  world.server.deliver({ type: 'reset', reason: 'log_lost', last_event_id: 'f-10' }, responding('f-11', 'on'));

  assert.deepEqual(world.resets, ['log_lost']);
  assert.equal(world.client.lastEventId, 'f-11');
  assert.equal(world.client.runs.get('r1').complete, false);
  assert.equal(world.client.runs.get('r2').complete, true);
});

test('a reset tells the reason of the server', async () => {
  const world = await startClient({ lastEventId: 'e-7' });
  for (const reset of ['epoch_changed', 'too_old', 'invalid', 'log_lost']) world.server.deliver(welcome({ reset }));

  assert.deepEqual(world.resets, ['epoch_changed', 'too_old', 'invalid', 'log_lost']);
});

test('a reason that is not known is a lost log, of a welcome and of a live reset', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ reset: 'later' }), { type: 'reset', reason: 'later', last_event_id: 'f-10' }, { type: 'reset' });

  assert.deepEqual(world.resets, ['log_lost', 'log_lost', 'log_lost']);
});

test('a live reset says which runs go on: one that is shown as open and is not among them was interrupted', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'), started('e-2', 'lost'), started('e-3', 'done'), completed('e-4', 'done'));

  world.server.deliver({ type: 'reset', reason: 'too_old', last_event_id: 'e-10', runs: ['r1', 'unknown'] }, completed('e-11'));

  const shown = [...world.client.runs.values()].map(({ runId, status, complete }) => [runId, status, complete]);
  assert.deepEqual(shown, [['r1', 'completed', false], ['lost', 'interrupted', false], ['done', 'completed', true]]);
});

test('a run that is replayed without its end, which was delivered to somebody else, was interrupted', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ last_event_id: 'e-9', open_runs: [openRun('open')] }));

  world.server.deliver(started('e-1'), started('e-2', 'open'), started('e-3', 'whole'), completed('e-4', 'whole'), cursor('e-9'));
  world.server.deliver(started('e-10', 'new'));

  const shown = [...world.client.runs.values()].map(({ runId, status }) => [runId, status]);
  assert.deepEqual(shown, [['open', 'running'], ['r1', 'interrupted'], ['whole', 'completed'], ['new', 'running']]);
});

test('runs of another user who signed in are not shown', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), started('e-1'));
  const shown = [];
  world.client.addEventListener('runs', ({ detail }) => shown.push(detail.runs));

  await reconnect(world, welcome({ user_id: 'u2', reset: 'epoch_changed' }));

  assert.equal(world.client.runs.size, 0);
  assert.deepEqual(shown, [[]]); // told too, so that a page draws the emptiness
});

test('an application with its own history starts from the id it has stored', async () => {
  const world = await startClient({ lastEventId: 'e-7' });
  world.server.deliver(welcome({ resumed: true, last_event_id: 'e-8', open_runs: [openRun()] }), started('e-7'), responding('e-8', 'x'));

  assert.equal(world.server.url.searchParams.get('last_event_id'), 'e-7');
  assert.deepEqual(world.ids, ['e-8']);
  assert.equal(world.client.runs.get('r1').complete, false);
});

test('what is malformed or unknown is ignored and the connection goes on', async (t) => {
  t.mock.method(console, 'error', () => {});
  const world = await startClient();
  world.server.deliver(welcome());

  world.server.deliver('', 'null', '7', '[]', '{', '"x"', '{"type":7}', '{"type":"later"}', '{"type":"x","ts":"","id":7}', '{"type":"x","ts":"","id":"e"}',
    '{"type":"x","ts":"","id":"e--"}', '{"type":"x","id":"e-9"}', '{"type":"x","id":"e-9","ts":7}', '{"type":"constructor"}', '{"type":"reset"}', '{"type":"cursor"}', '{"type":"goaway"}', '{"type":"reply"}',
    ...[{ type: 'agent_thinking', run_id: 'r1' }, { type: 'toString', run_id: 'r1' }, { type: 'tool_completed', run_id: 'r1', payload: null },
      { type: 'agent_started', run_id: 7 }].map((fields, i) => ({ ts: '', id: `e-${i + 1}`, ...fields })));
  world.server.onmessage({ data: new ArrayBuffer(3) });
  world.server.deliver(completed('e-5'));

  assert.equal(world.state.state, 'open');
  assert.deepEqual(world.ids, ['e-1', 'e-2', 'e-3', 'e-4', 'e-5']);
});

test('a listener that throws or rejects is reported and stops nobody', async (t) => {
  const reported = t.mock.method(console, 'error', () => {});
  const world = await startClient();
  for (const type of ['state', 'event', 'runs', 'reset']) {
    world.client.addEventListener(type, () => { throw new Error('listener'); });
    world.client.addEventListener(type, async () => { throw new Error('async listener'); });
  }
  const seen = [];
  const last = ({ detail }) => seen.push(detail.id);
  world.client.addEventListener('event', last);

  world.server.deliver(welcome(), started('e-1'), responding('e-2', 'x'));
  world.client.removeEventListener('event', last);
  world.server.deliver(responding('e-3', 'y'));
  await settle();

  assert.deepEqual(seen, ['e-1', 'e-2']);
  assert.equal(world.client.lastEventId, 'e-3');
  assert.ok(reported.mock.callCount() > 0);
});
