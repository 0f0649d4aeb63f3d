import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimClientId } from '../src/client-id.js';
import { RealtimeClient } from '../src/index.js';
import { FakeClock, settle, startClient } from '../test-support/fakes.js';

class FakeStorage {
  values = new Map();
  getItem = (key) => this.values.get(key) ?? null;
  setItem = (key, value) => { this.values.set(key, value); };
  copy() {
    return Object.assign(new FakeStorage(), { values: new Map(this.values) });
  }
}

/** The locks of one origin, as each of its pages sees them. */
class FakeLocks {
  held = new Set();
  async request(name, { ifAvailable }, granted) {
    assert.equal(ifAvailable, true);
    await undefined;
    if (this.held.has(name)) return granted(null);
    this.held.add(name);
    await granted({ name });
    this.held.delete(name);
  }
}

const never = new Promise(() => {});
const claim = async (storage, locks, clock = new FakeClock()) => {
  const claimed = claimClientId({ storage, locks, clock, released: never });
  await clock.advance(10_000);
  return claimed;
};

test('a new tab gets an id that the server takes, and keeps it', async () => {
  const storage = new FakeStorage();

  const id = await claim(storage, new FakeLocks());

  assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.deepEqual([...storage.values.values()], [id]);
});

test('a reloaded tab gets its own id back', async () => {
  const storage = new FakeStorage();
  const id = await claim(storage, new FakeLocks());

  assert.equal(await claim(storage, new FakeLocks()), id);
});

test('a reloaded tab gets its own id back when the old page lets go of it a little late', async () => {
  const [storage, locks, clock] = [new FakeStorage(), new FakeLocks(), new FakeClock()];
  const id = await claim(storage, locks);

  const again = claimClientId({ storage, locks, clock, released: never });
  await clock.advance(250);
  locks.held.clear();
  await clock.advance(250);

  assert.equal(await again, id);
});

test('a duplicated tab gets an id of its own, and both keep theirs', async () => {
  const [storage, locks, clock] = [new FakeStorage(), new FakeLocks(), new FakeClock()];
  const id = await claim(storage, locks);
  const copied = storage.copy();

  const before = clock.time;
  const claimed = claimClientId({ storage: copied, locks, clock, released: never });
  await clock.advance(500);
  const other = await claimed;

  assert.notEqual(other, id);
  assert.ok(clock.time - before <= 500);
  assert.deepEqual([...storage.values.values()], [id]);
  assert.deepEqual([...copied.values.values()], [other]);
  assert.equal(locks.held.size, 2);
});

test('what is stored but no client id is replaced', async () => {
  const storage = new FakeStorage();
  const id = await claim(storage, new FakeLocks());
  for (const key of storage.values.keys()) storage.values.set(key, 'a b');

  assert.notEqual(await claim(storage, new FakeLocks()), id);
  assert.notEqual([...storage.values.values()][0], 'a b');
});

test('without locks a stored id is not trusted, because it may be a copy', async () => {
  const storage = new FakeStorage();
  const id = await claim(storage, new FakeLocks());

  assert.notEqual(await claim(storage, null), id);
  assert.match(await claim(null, null), /^[0-9a-f]{32}$/);
});

test('storage or locks that throw cost only the memory of the id', async () => {
  const broken = { getItem: () => null, setItem: () => { throw new Error('quota'); } };
  assert.match(await claim(broken, new FakeLocks()), /^[0-9a-f]{32}$/);
  assert.match(await claim(new FakeStorage(), { request: async () => { throw new Error('opaque origin'); } }), /^[0-9a-f]{32}$/);
});

test('the client claims its id once and sends it with every connection', async () => {
  const world = await startClient({ clientId: undefined, storage: new FakeStorage(), locks: new FakeLocks() });
  await world.delayAfter(() => world.server.end(4408));

  const [first, second] = world.sockets.map((socket) => socket.url.searchParams.get('client'));
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.equal(second, first);
  assert.equal(world.client.clientId, first);
});

test('a client that is closed gives its id to the next one of the page, and gets it back where nobody took it', async () => {
  const [storage, locks] = [new FakeStorage(), new FakeLocks()];
  const first = await startClient({ clientId: undefined, storage, locks });
  first.client.close();
  await settle();
  assert.equal(locks.held.size, 0);

  const second = await startClient({ clientId: undefined, storage, locks });
  assert.equal(second.client.clientId, first.client.clientId);
  second.client.close();
  await settle();
  first.client.connect();
  await settle();

  assert.equal(locks.held.size, 1);
  assert.deepEqual(first.sockets.map((socket) => socket.url.searchParams.get('client')), Array(2).fill(second.client.clientId));
});

test('two clients of a page do not share an id', async () => {
  const [storage, locks] = [new FakeStorage(), new FakeLocks()];
  const [first, second] = [await startClient({ clientId: undefined, storage, locks }), await startClient({ clientId: undefined, storage, locks })];
  await second.clock.advance(500);

  assert.equal(second.sockets.length, 1);
  assert.notEqual(second.client.clientId, first.client.clientId);
});

test('without locks a client keeps its id when it is closed and connected again', async () => {
  const world = await startClient({ clientId: undefined, storage: null });
  const id = world.client.clientId;

  world.client.close();
  world.client.connect();
  await settle();

  assert.equal(world.server.url.searchParams.get('client'), id);
  assert.equal(world.sockets.length, 2);
});

test('options that cannot work are refused when the client is made', () => {
  const WebSocket = class {};
  assert.throws(() => new RealtimeClient('https://example.test/ws', { WebSocket, clientId: 'a b' }), /clientId/);
  assert.throws(() => new RealtimeClient('/ws', { WebSocket }), /Invalid URL/);
});
