import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursor, event, settle, startClient, welcome } from '../test-support/fakes.js';

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

test('nothing of a former log is acknowledged after a reset', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), ...notes(1, 3));
  await world.delayAfter(() => world.server.end(4408));
  world.server.deliver(welcome({ epoch: 'f', reset: 'epoch_changed', last_event_id: 'f-0' }), cursor('f-0'));

  await world.clock.advance(5000);

  assert.deepEqual(acks(world), []);
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
