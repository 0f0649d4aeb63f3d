import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursor, event, openRun, settle, started, startClient, welcome } from '../test-support/fakes.js';

const notes = (from, to) => Array.from({ length: to - from + 1 }, (_, i) =>
  event(`e-${from + i}`, 'note', {}, { run_id: undefined }));
const acks = (world) =>
  world.sockets.flatMap((socket) => socket.sent).filter((message) => message.type === 'ack').map((message) => message.id);

test('a sent message resolves with the data of its reply', async () => {
  const world = await startClient();
  world.server.deliver(welcome());

  const first = world.client.send('ask', { text: 'a', type: 'agent_started', ref: 'mine' });
  const second = world.client.cancel('r1');
  const [ask, cancel] = world.server.sent;
  world.server.deliver({ type: 'reply', ref: cancel.ref, data: { ended: true } }, { type: 'reply', ref: ask.ref });

  assert.deepEqual({ ...ask, ref: null }, { text: 'a', type: 'ask', ref: null });
  assert.notEqual(ask.ref, cancel.ref);
  assert.deepEqual({ ...cancel, ref: null }, { type: 'cancel', run_id: 'r1', ref: null });
  assert.equal(await first, undefined);
  assert.deepEqual(await second, { ended: true });
});

test('a refused message rejects with the code of the error', async () => {
  const world = await startClient();
  world.server.deliver(welcome());

  const sent = world.client.send('ask');
  world.server.deliver({ type: 'error', code: 'bad_request', message: 'of nobody' },
    { type: 'error', ref: world.server.sent[0].ref, code: 'not_found', message: 'No such run.' });

  await assert.rejects(sent, { code: 'not_found', message: 'No such run.' });
});

test('a message without its answer rejects when the connection is lost or closed', async () => {
  for (const lose of [(world) => world.server.end(1006), (world) => world.client.close()]) {
    const world = await startClient();
    world.server.deliver(welcome());

    const sent = world.client.send('ask');
    lose(world);

    await assert.rejects(sent, { code: 'connection_lost' });
  }
});

test('without a connection a message is rejected at once', async () => {
  const world = await startClient();

  await assert.rejects(world.client.send('ask'), { code: 'not_connected' });
});

test('a message above the limit of the server is not sent, because it would cost the connection', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ limits: { max_message_bytes: 60, messages_per_second: 10 } }));

  await assert.rejects(world.client.send('ask', { text: 'ü'.repeat(20) }), { code: 'too_large' });
  assert.equal(world.server.sent.length, 0);
});

test('subscribe replaces the filter now and for every later connection', async () => {
  const world = await startClient({ threads: ['a', 'b'], runs: ['r'] });
  world.server.deliver(welcome());
  assert.deepEqual(world.server.url.searchParams.getAll('thread'), ['a', 'b']);
  assert.deepEqual(world.server.url.searchParams.getAll('run'), ['r']);

  const change = world.client.subscribe({ threads: null });
  assert.deepEqual({ ...world.server.sent[0], ref: null }, { type: 'subscribe', threads: null, ref: null });
  world.server.deliver({ type: 'reply', ref: world.server.sent[0].ref });
  await change;
  await world.delayAfter(() => world.server.end(4408));

  assert.deepEqual(world.server.url.searchParams.getAll('thread'), []);
  assert.deepEqual(world.server.url.searchParams.getAll('run'), ['r']);
});

test('a filter that the server refuses is not kept', async () => {
  const world = await startClient({ threads: ['a'] });
  world.server.deliver(welcome());

  const change = world.client.subscribe({ threads: ['b'] });
  world.server.deliver({ type: 'error', ref: world.server.sent[0].ref, code: 'limit_exceeded', message: '' });
  await assert.rejects(change, { code: 'limit_exceeded' });
  await world.delayAfter(() => world.server.end(4408));

  assert.deepEqual(world.server.url.searchParams.getAll('thread'), ['a']);
});

test('an empty filter, which no URL can say, is asked for after each welcome', async () => {
  const world = await startClient();
  await world.client.subscribe({ threads: [] });

  world.server.deliver(welcome());

  assert.deepEqual(world.server.sent.map(({ type, threads }) => ({ type, threads })), [{ type: 'subscribe', threads: [] }]);
});

test('a filter that was replaced while connecting is asked for before a listener can ask for the next one', async () => {
  const world = await startClient({ threads: ['a'] });
  await world.client.subscribe({ threads: ['b'] });
  world.client.addEventListener('state', ({ detail }) => { if (detail.state === 'open') world.client.subscribe({ threads: ['c'] }).catch(() => {}); });

  world.server.deliver(welcome());

  assert.deepEqual(world.server.url.searchParams.getAll('thread'), ['a']);
  assert.deepEqual(world.server.sent.map(({ type, threads }) => [type, threads]), [['subscribe', ['b']], ['subscribe', ['c']]]);

  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome());
  assert.deepEqual(world.server.url.searchParams.getAll('thread'), ['b']); // 'c' was never accepted
  assert.deepEqual(world.server.sent.map(({ threads }) => threads), [['c']]);
});

test('an empty filter is asked for before a listener can replace it', async () => {
  const world = await startClient({ threads: [] });
  world.client.addEventListener('state', ({ detail }) => { if (detail.state === 'open') world.client.subscribe({ threads: ['a'] }).catch(() => {}); });

  world.server.deliver(welcome());

  assert.deepEqual(world.server.sent.map(({ threads }) => threads), [[], ['a']]);
});

const ofThread = (id, thread) => event(id, 'note', {}, { thread_id: thread, run_id: undefined });

test('an empty filter of runs is asked for as well, and refuses what has a thread', async () => {
  const world = await startClient({ runs: [] });
  world.server.deliver(welcome(), started('e-1'), ofThread('e-2', 'a'), ofThread('e-3', undefined));

  assert.deepEqual(world.server.sent.map(({ runs }) => runs), [[]]);
  assert.deepEqual(world.ids, ['e-3']);
});

test('what an empty filter refuses is passed over until the server has taken it, and nothing else is', async () => {
  const world = await startClient({ threads: [], ack: false });
  world.server.deliver(welcome({ last_event_id: 'e-2', open_runs: [openRun(), { run_id: 'free' }] }));
  const later = world.client.subscribe({ threads: ['a'] });
  const [ours, theirs] = world.server.sent;

  world.server.deliver(started('e-1'), ofThread('e-2', undefined), ofThread('e-3', 'a'), { type: 'later', id: 'e-9', thread_id: 'a' });
  assert.equal(world.client.lastEventId, 'e-3');
  assert.deepEqual([...world.client.runs.keys()], ['free']);
  world.server.deliver({ type: 'reply', ref: ours.ref }, { type: 'reply', ref: theirs.ref }, ofThread('e-4', 'a'));
  await later;

  assert.deepEqual(world.ids, ['e-2', 'e-4']);
});

test('an empty filter that the server refuses, or is not told, hides nothing', async () => {
  const world = await startClient({ threads: [] });
  world.server.deliver(welcome());
  world.server.deliver({ type: 'error', ref: world.server.sent[0].ref, code: 'rate_limited', message: '' }, ofThread('e-1', 'a'));
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ resumed: true, limits: { max_message_bytes: 1 } }), ofThread('e-2', 'a'));

  assert.deepEqual(world.ids, ['e-1', 'e-2']);
});

test('acknowledgements are cumulative and one a second', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 10));
  assert.deepEqual(acks(world), []);

  await world.clock.advance(999);
  world.server.deliver(...notes(11, 12));
  await world.clock.advance(1);
  assert.deepEqual(acks(world), ['e-12']);

  await world.clock.advance(60_000);
  assert.deepEqual(acks(world), ['e-12']);
});

test('after 64 events there is an acknowledgement at once, but a long replay does not spend the message limit', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 64));
  assert.deepEqual(acks(world), ['e-64']);

  world.server.deliver(...notes(65, 1000));
  assert.deepEqual(acks(world), ['e-64']);
  await world.clock.advance(1000);
  assert.deepEqual(acks(world), ['e-64', 'e-1000']);
});

test('what was not acknowledged is acknowledged on the next connection, if that resumes', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 3));
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ resumed: true, last_event_id: 'e-3' }), cursor('e-3'));

  await world.clock.advance(1000);

  assert.deepEqual(world.server.sent.map(({ type, id }) => [type, id]), [['ack', 'e-3']]);
});

test('the last acknowledgement is repeated on a connection that resumes: the former one may have been dead when it was sent', async () => {
  for (const resumed of [true, false]) {
    const world = await startClient();
    world.server.deliver(welcome(), ...notes(1, 3));
    await world.clock.advance(1000);
    await world.delayAfter(() => world.server.end(1006));
    world.server.deliver(welcome({ resumed, last_event_id: 'e-3' }), cursor('e-3'));

    await world.clock.advance(60_000);

    assert.deepEqual(acks(world), resumed ? ['e-3', 'e-3'] : ['e-3']);
  }
});

test('nothing from before a live reset is acknowledged on the next connection', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 3), { type: 'reset', reason: 'log_lost', last_event_id: 'f-0' });
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ epoch: 'f', resumed: true, last_event_id: 'f-0' }), cursor('f-0'));

  await world.clock.advance(5000);

  assert.deepEqual(acks(world), []);
});

test('nothing of a former log is acknowledged after a reset', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 3));
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-0' }), cursor('f-0'));

  await world.clock.advance(5000);

  assert.deepEqual(acks(world), []);
});

test('a log that began anew, with lower numbers, is acknowledged as the former one was', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 3));
  await world.clock.advance(1000);
  await world.delayAfter(() => world.server.end(1001));

  world.server.deliver(welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-0' }), event('f-1', 'note'));
  await world.clock.advance(1000);

  assert.deepEqual(acks(world), ['e-3', 'f-1']);
});

test('closing acknowledges what was handled, and acknowledging can be off', async () => {
  for (const ack of [true, false]) {
    const world = await startClient({ ack });
    world.server.deliver(welcome(), ...notes(1, 100));
    await world.clock.advance(2000);
    world.server.deliver(...notes(101, 102));
    world.client.close();
    await settle();

    assert.deepEqual(acks(world), ack ? ['e-64', 'e-100', 'e-102'] : []);
  }
});

test('without automatic acknowledgement the application says what is handled, and that is batched the same', async () => {
  const world = await startClient({ ack: false });
  world.server.deliver(welcome(), ...notes(1, 100));
  await world.clock.advance(2000);
  assert.deepEqual(acks(world), []);

  world.client.acknowledge('e-5');
  world.client.acknowledge('e-9');
  world.client.acknowledge('e-7');
  await world.clock.advance(999);
  assert.deepEqual(acks(world), []);
  await world.clock.advance(1);
  assert.deepEqual(acks(world), ['e-9']);

  await world.clock.advance(250);
  for (let i = 10; i <= 73; i++) world.client.acknowledge(`e-${i}`);
  assert.deepEqual(acks(world), ['e-9', 'e-73']);

  world.client.acknowledge();
  world.client.close();
  assert.deepEqual(acks(world), ['e-9', 'e-73', 'e-100']);
});

test('what is acknowledged while there is no connection is sent on the next one, if that resumes', async () => {
  for (const resumed of [true, false]) {
    const world = await startClient({ ack: false });
    world.server.deliver(welcome(), ...notes(1, 3));
    await world.delayAfter(() => world.server.end(4408));

    world.client.acknowledge('e-2');
    await world.clock.advance(5000);
    world.server.deliver(welcome({ resumed, last_event_id: 'e-3' }));
    await world.clock.advance(1000);

    assert.deepEqual(acks(world), resumed ? ['e-2'] : []);
  }
});

test('what the server never sent, or of another time, is not acknowledged, because that costs the connection', async () => {
  const world = await startClient({ ack: false });
  world.client.acknowledge();
  world.client.acknowledge('e-1');
  world.server.deliver(welcome());
  world.client.acknowledge('e-1');
  world.server.deliver(...notes(1, 3));

  for (const id of ['e-4', 'f-1', 'e', '', null, 7]) world.client.acknowledge(id);
  await world.clock.advance(5000);
  assert.deepEqual(acks(world), []);

  world.server.deliver({ type: 'reset', reason: 'log_lost', last_event_id: 'f-10' });
  world.client.acknowledge('e-3');
  await world.clock.advance(5000);
  assert.deepEqual(acks(world), []);

  world.server.deliver(event('f-11', 'note'));
  world.client.acknowledge('f-11');
  await world.clock.advance(1000);
  assert.deepEqual(acks(world), ['f-11']);
});

test('a listener that closes the client has what came before acknowledged, and nothing goes wrong', async (t) => {
  const reported = t.mock.method(console, 'error', () => {});
  const world = await startClient();
  world.client.addEventListener('event', ({ detail }) => detail.id === 'e-2' && world.client.close());

  world.server.deliver(welcome(), ...notes(1, 2));
  await world.clock.advance(5000);

  assert.deepEqual(acks(world), ['e-1']);
  assert.equal(reported.mock.callCount(), 0);
});

test('rooms are joined and left', async () => {
  const world = await startClient();
  world.server.deliver(welcome());

  const joined = world.client.join('lobby');
  const left = world.client.leave('lobby');
  world.server.deliver(...world.server.sent.map(({ ref }) => ({ type: 'reply', ref })));
  await Promise.all([joined, left]);

  assert.deepEqual(world.server.sent.map(({ type, room }) => [type, room]), [['join', 'lobby'], ['leave', 'lobby']]);
});

test('what cannot be written as JSON is rejected and not sent', async () => {
  const world = await startClient();
  world.server.deliver(welcome());
  const circular = {};
  circular.self = circular;

  await assert.rejects(world.client.send('ask', circular), TypeError);

  assert.equal(world.server.sent.length, 0);
});
