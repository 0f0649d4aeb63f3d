import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealtimeClient } from '../src/index.js';
import { settle, startClient, welcome } from '../test-support/fakes.js';

/** Lost after a welcome, with every random number 0.5. */
const table = [
  { code: 1000, comes: null }, { code: 1001, comes: 0 }, { code: 1005, comes: 0 }, { code: 1006, comes: 0 },
  { code: 1002, comes: 0 }, { code: 1003, comes: 0 }, { code: 1007, comes: 0 }, { code: 1009, comes: 0 },
  { code: 1008, comes: null }, { code: 1011, comes: 0 }, { code: 1012, comes: 0 }, { code: 1013, comes: 30_000 },
  { code: 4400, comes: 0 }, { code: 4401, comes: 0 }, { code: 4407, comes: 0 }, { code: 4408, comes: 0 }, { code: 4429, comes: 5_000 },
  { code: 4444, comes: 0 }, { code: 4500, comes: null }, { code: 4509, comes: null }, { code: 4999, comes: null },
];
for (const { code, comes } of table) {
  // What the code asks for, and on top, so that those who were refused together spread, a random part.
  const waits = comes ? comes + 250 : comes;
  test(`after close code ${code} the client ${comes === null ? 'stays away' : `comes back after ${comes} ms`}`, async () => {
    const world = await startClient();
    world.server.deliver(welcome());

    const delay = await world.delayAfter(() => world.server.end(code, 'because'));

    assert.equal(delay, waits);
    assert.equal(world.state.state, comes === null ? 'closed' : 'connecting');
    const told = world.states.find((detail) => detail.code === code);
    assert.equal(told.reason, 'because');
    assert.ok(told.why.length > 0);
  });
}

for (const code of [1002, 1003, 1007, 1009]) {
  test(`after three ${code} in a row the client gives up`, async () => {
    const world = await startClient();

    const delays = [];
    for (let i = 0; i < 3; i++) delays.push(await world.delayAfter(() => world.server.end(code)));

    assert.deepEqual(delays, [0, 250, null]);
    assert.match(world.state.why, /Gave up/);
  });
}

test('a protocol error does not count towards three in a row once a connection has lived', async () => {
  const world = await startClient();

  for (let i = 0; i < 4; i++) {
    world.server.deliver(welcome());
    await world.clock.advance(10_000);
    assert.equal(await world.delayAfter(() => world.server.end(1009)), 0);
  }
});

test('waits grow from at once to at most 30 seconds, and stay within their random bound', async () => {
  for (const roll of [0, 0.5, 0.999999]) {
    const world = await startClient();
    world.roll = roll;

    for (const bound of [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      assert.equal(await world.delayAfter(() => world.server.end(1011)), Math.round(roll * bound));
    }
  }
});

test('waits start again only after a welcome and ten seconds of life', async () => {
  const world = await startClient();
  const lose = () => world.delayAfter(() => world.server.end(1011));
  await lose();
  await lose();

  world.server.deliver(welcome());
  await world.clock.advance(9_999);
  assert.equal(await lose(), 500);

  await world.clock.advance(10_001); // without a welcome
  assert.equal(await lose(), 1000);

  world.server.deliver(welcome());
  await world.clock.advance(10_000);
  assert.equal(await lose(), 0);
});

for (const [said, waits] of [[2 ** 40, 3_600_250], [-1, 0], ['soon', 0]]) {
  test(`a goaway that says ${said} ms keeps the client away for ${waits} ms`, async () => {
    const world = await startClient();
    world.server.deliver(welcome(), { type: 'goaway', reason: 'drain', reconnect_in_ms: said });

    assert.equal(await world.delayAfter(() => world.server.end(1012)), waits);
  });
}

test('after a drain the client comes back after the delay of the last goaway, once', async () => {
  const world = await startClient();
  world.server.deliver(welcome(), { type: 'goaway', reason: 'drain', reconnect_in_ms: 9000 },
    { type: 'goaway', reason: 'drain', reconnect_in_ms: 4000 });

  assert.equal(await world.delayAfter(() => world.server.end(1012)), 4250);
  assert.equal(await world.delayAfter(() => world.server.end(1012)), 250);
});

test('a connection over the limit tells why and when it is tried again', async () => {
  const world = await startClient();

  world.server.end(1013, 'user connection limit');

  assert.deepEqual(world.state, {
    state: 'waiting', code: 1013, reason: 'user connection limit', why: 'The server has no room for this connection.', retryInMs: 30_250,
  });
  assert.equal(world.fetched.length, 0);
});

for (const status of [401, 403]) {
  test(`a handshake refused with ${status} stays away and tells`, async () => {
    const world = await startClient();
    world.answers.push({ status });

    const delay = await world.delayAfter(() => world.server.end(1006));

    assert.equal(delay, null);
    assert.equal(world.state.state, 'closed');
    assert.equal(world.state.status, status);
  });
}

for (const [status, header, wait] of [[503, '7', 7250], [429, '3', 3250], [503, 'soon', 0], [503, null, 0], [400, null, 0]]) {
  test(`a handshake refused with ${status} and Retry-After ${header} is tried again after ${wait} ms`, async () => {
    const world = await startClient();
    world.answers.push({ status, headers: header ? { 'Retry-After': header } : {} });

    assert.equal(await world.delayAfter(() => world.server.end(1006)), wait);
  });
}

test('a connection that was open comes back without a question: its token may have run out, and the next one is asked for', async () => {
  let asked = 0;
  const world = await startClient({ token: () => `token ${++asked}` });
  world.server.deliver(welcome());
  world.answers.push({ status: 401 });

  assert.equal(await world.delayAfter(() => world.server.end(1006)), 0);

  assert.equal(world.fetched.length, 0);
  assert.equal(asked, 2);
});

test('an attempt that never came to its handshake, because the token was late, is tried again without a question', async () => {
  let asked = 0;
  const world = await startClient({ token: () => (++asked === 2 ? new Promise(() => {}) : `token ${asked}`) });
  world.server.deliver(welcome());
  world.answers.push({ status: 401 });

  assert.equal(await world.delayAfter(() => world.server.end(4401)), 20_250);

  assert.equal(world.fetched.length, 0);
  assert.deepEqual(world.sockets.map(({ protocols }) => protocols[1]), ['jwt.dG9rZW4gMQ', 'jwt.dG9rZW4gMw']);
});

test('a question does not outlive the client, and is not asked by one that was closed', async () => {
  const signals = [];
  const options = { fetch: (_, { signal }) => { signals.push(signal); return new Promise(() => {}); } };
  const world = await startClient(options);
  world.server.end(1006);
  world.client.close();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);

  const other = await startClient(options);
  other.client.addEventListener('state', ({ detail }) => detail.code === 1006 && other.client.close());
  other.server.end(1006);
  await settle();
  assert.equal(signals.length, 1);
});

test('a question without an answer is given up after ten seconds', async () => {
  const world = await startClient({ fetch: (_, { signal }) => new Promise((_, reject) => { signal.onabort = reject; }) });

  assert.equal(await world.delayAfter(() => world.server.end(1006)), 10_000);
});

test('a handshake that fails with an error and no close, as in Node 20 and 22, is noticed after a second', async () => {
  const world = await startClient();

  assert.equal(await world.delayAfter(() => world.server.onerror({})), 1_000);
  assert.equal(world.fetched.length, 1);

  world.sockets[0].onerror({});
  await world.clock.advance(5_000);
  assert.equal(world.sockets.length, 2); // what an old socket says does not matter

  world.server.deliver(welcome({ heartbeat: { interval_ms: 25_000, timeout_ms: 75_000 } }));
  world.server.onerror({});
  await world.clock.advance(5_000);
  assert.equal(world.state.state, 'open'); // there a close follows
});

test('Retry-After may be a date', async () => {
  const world = await startClient();
  world.clock.time = Date.parse('2026-01-01T00:00:00Z');
  world.answers.push({ status: 503, headers: { 'Retry-After': 'Thu, 01 Jan 2026 00:00:20 GMT' } });

  assert.equal(await world.delayAfter(() => world.server.end(1006)), 20_250);
});

test('a failed handshake that would be accepted now, or a question that fails itself, comes back by backoff', async () => {
  const world = await startClient();

  for (const [status, wait] of [[426, 0], [0, 250], [500, 500], [200, 1000]]) {
    world.answers.push({ status });
    assert.equal(await world.delayAfter(() => world.server.end(1006)), wait);
  }
});

test('the question is a plain GET of the same URL with credentials', async () => {
  const world = await startClient({ lastEventId: 'e-7', token: () => 'a?b>c' });
  assert.deepEqual(world.server.protocols, ['netra.v1', 'jwt.YT9iPmM']);

  world.server.end(1006);
  await settle();

  const [{ url, init }] = world.fetched;
  assert.equal(url, world.sockets[0].url.href.replace('wss:', 'https:'));
  assert.equal(init.method, undefined);
  assert.equal(init.credentials, 'include');
  assert.equal(init.headers.Authorization, 'Bearer a?b>c');
});

test('the token is asked for before each connect, and a failure to get it is retried', async () => {
  let asked = 0;
  const world = await startClient({ token: async () => {
    if (++asked === 2) throw new Error('token service down');
    return `token ${asked}`;
  } });
  world.server.deliver(welcome());

  await world.delayAfter(() => world.server.end(4401));

  assert.equal(asked, 3);
  assert.deepEqual(world.sockets.map(({ protocols }) => protocols), [['netra.v1', 'jwt.dG9rZW4gMQ'], ['netra.v1', 'jwt.dG9rZW4gMw']]);
  assert.ok(world.states.some((detail) => /token service down/.test(detail.why)));
});

test('coming online ends a random wait at once, but not one the server asked for', async () => {
  const world = await startClient();
  await world.delayAfter(() => world.server.end(1011));
  world.server.end(1011);
  world.network.dispatchEvent(new Event('online'));
  await world.clock.advance(0);
  assert.equal(world.sockets.length, 3);

  world.server.end(1013);
  world.network.dispatchEvent(new Event('online'));
  await world.clock.advance(29_999);
  assert.equal(world.sockets.length, 3);
  await world.clock.advance(1);
  assert.equal(world.sockets.length, 4);
});

test('coming online makes an open connection prove within five seconds that it is alive', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ heartbeat: { interval_ms: 25_000, timeout_ms: 75_000 } }));
  await world.clock.advance(10_000);

  world.network.dispatchEvent(new Event('online'));
  assert.deepEqual(world.server.types, ['ping']);
  world.server.deliver({ type: 'pong' });
  await world.clock.advance(5_000);
  assert.equal(world.sockets.length, 1);

  world.network.dispatchEvent(new Event('online'));
  await world.clock.advance(5_000);
  assert.equal(world.sockets.length, 2);
});

test('coming online asks a young connection too', async () => {
  const world = await startClient();
  await world.delayAfter(() => world.server.end(1011));
  world.server.deliver(welcome({ heartbeat: { interval_ms: 25_000, timeout_ms: 75_000 } }));

  world.network.dispatchEvent(new Event('online'));

  assert.deepEqual(world.server.types, ['ping']);
});

test('after a silence the client pings, and after a second one it reconnects', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ heartbeat: { interval_ms: 25_000, timeout_ms: 75_000 } }));

  await world.clock.advance(75_000);
  assert.deepEqual(world.server.types, ['ping']);
  world.server.deliver({ type: 'pong' });
  await world.clock.advance(75_000);
  assert.equal(world.sockets.length, 1);

  await world.clock.advance(150_000);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.sockets[0].closedWith, 'no code');
});

test('where the server does not ask for signs of life the client gives them, whatever it hears', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ heartbeat: { interval_ms: 0, timeout_ms: 120_000 } }));

  for (let i = 1; i <= 5; i++) {
    await world.clock.advance(39_000);
    world.server.deliver({ type: 'pong' });
    await world.clock.advance(1_000);
    assert.equal(world.server.types.filter((type) => type === 'ping').length, i);
  }
  assert.equal(world.sockets.length, 1);

  await world.clock.advance(40_000);
  assert.equal(world.sockets.length, 2); // the last one was not answered
});

test('where the server waits for signs of life it gets the first one in time, however short its patience', async () => {
  const world = await startClient();
  world.server.deliver(welcome({ heartbeat: { interval_ms: 0, timeout_ms: 3_000 } }));

  await world.clock.advance(1_000);

  assert.deepEqual(world.server.types, ['ping']);
});

for (const heartbeat of [undefined, { interval_ms: 0, timeout_ms: 0 }, { interval_ms: 25_000, timeout_ms: -1 }]) {
  test(`a heartbeat of ${JSON.stringify(heartbeat)} asks for nothing, and the connection stays`, async () => {
    const world = await startClient();
    world.server.deliver(welcome({ heartbeat }));

    await world.clock.advance(300_000);

    assert.equal(world.sockets.length, 1);
    assert.deepEqual(world.server.sent, []);
  });
}

test('a connection without a welcome is given up after 20 seconds', async () => {
  const world = await startClient();

  await world.clock.advance(20_000);

  assert.equal(world.sockets.length, 2);
});

test('a closed client stays closed, whatever its old socket does, until it is connected again', async () => {
  const world = await startClient();
  world.server.deliver(welcome());
  const old = world.server;

  world.client.close();
  world.client.close();
  old.onclose({ code: 1006, reason: '' });
  old.deliver(welcome());
  await world.clock.advance(60_000);
  assert.equal(old.closedWith, 1000);
  assert.equal(world.sockets.length, 1);
  assert.equal(world.state.state, 'closed');

  world.client.connect();
  await settle();
  assert.equal(world.sockets.length, 2);
});

test('who closes in the same breath has begun nothing', async () => {
  const world = await startClient();
  world.client.close();
  let asked = 0;
  const client = new RealtimeClient('https://example.test/ws', {
    WebSocket: class { constructor() { asked++; } }, token: () => { asked++; }, storage: null, locks: { request: () => { asked++; } } });

  client.connect();
  client.close();
  await settle();

  assert.equal(asked, 0);
});

test('closing from within a state listener holds in every state', async () => {
  for (const state of ['connecting', 'open', 'waiting']) {
    const world = await startClient();
    world.client.addEventListener('state', ({ detail }) => detail.state === state && world.client.close());
    world.server.deliver(welcome());
    if (world.state.state !== 'closed') world.server.end(4408);
    await world.clock.advance(300_000);

    assert.equal(world.state.state, 'closed');
    assert.equal(world.sockets.length, 1);
  }
});

test('a URL that no attempt will accept closes with the reason', async () => {
  const world = await startClient({ WebSocket: class { constructor() { throw new SyntaxError('bad url'); } } });

  assert.equal(world.state.state, 'closed');
  assert.match(world.state.why, /bad url/);
});

// A server that is behind may come to an attempt after the client has given it up and begun another: it takes the older one for the newer, and says 4509
// to the one that lives.
const attempts = {
  'timed out': (world) => world.clock.advance(20_250),
  'was cut before the welcome': (world) => world.delayAfter(() => world.server.end(1006)),
  'was closed by the application': async (world) => {
    world.client.close();
    world.client.connect();
    await settle();
  },
};
for (const [what, giveUp] of Object.entries(attempts)) {
  test(`superseded within a minute of an attempt that ${what}, the client comes back at once, and once for each such attempt`, async () => {
    const world = await startClient();
    await giveUp(world);
    await giveUp(world);
    world.server.deliver(welcome());

    const delays = [];
    for (let i = 0; i < 3; i++) {
      delays.push(await world.delayAfter(() => world.server.end(4509, 'superseded')));
      world.server.deliver(welcome());
    }

    assert.deepEqual(delays, [0, 0, null]);
    assert.equal(world.state.code, 4509);
  });
}

test('superseded before its welcome a connect comes back too, and is not itself one that the server may still come to', async () => {
  const world = await startClient();
  await world.clock.advance(20_000);

  assert.equal(await world.delayAfter(() => world.server.end(4509)), 0);
  assert.equal(await world.delayAfter(() => world.server.end(4509)), null);
});

for (const [ms, comes] of [[60_000, 0], [60_001, null]]) {
  test(`superseded ${ms} ms after an attempt was given up, the client ${comes === 0 ? 'comes back' : 'stays away'}`, async () => {
    const world = await startClient();
    await world.clock.advance(20_000);
    world.server.deliver(welcome());
    await world.clock.advance(ms);

    assert.equal(await world.delayAfter(() => world.server.end(4509)), comes);
  });
}

const answered = {
  'had its welcome': (world) => {
    world.server.deliver(welcome());
    return world.delayAfter(() => world.server.end(1006));
  },
  'was closed by the server': (world) => world.delayAfter(() => world.server.end(1013)),
};
for (const [what, lose] of Object.entries(answered)) {
  test(`superseded after a connection that ${what}, the client stays away`, async () => {
    const world = await startClient();
    await lose(world);
    world.server.deliver(welcome());

    assert.equal(await world.delayAfter(() => world.server.end(4509)), null);
  });
}

for (const status of [400, 401, 403, 429, 503]) {
  test(`superseded after a handshake that was refused with ${status}, the client stays away`, async () => {
    const world = await startClient();
    world.answers.push({ status });
    if (await world.delayAfter(() => world.server.end(1006)) === null) {
      world.client.connect();
      await settle();
    }
    world.server.deliver(welcome());

    assert.equal(await world.delayAfter(() => world.server.end(4509)), null);
  });
}

test('superseded after a connection that was cut before its welcome, the client comes back though the question was refused', async () => {
  const world = await startClient();
  world.answers.push({ status: 503 });
  world.server.onopen();
  await world.delayAfter(() => world.server.end(1006));
  world.server.deliver(welcome());

  assert.equal(await world.delayAfter(() => world.server.end(4509)), 0);
});

test('superseded after an attempt that timed out, the client comes back though the next question was refused', async () => {
  const world = await startClient();
  world.answers.push({ status: 503 });
  await world.clock.advance(20_000);
  world.server.deliver(welcome());

  assert.equal(await world.delayAfter(() => world.server.end(4509)), 0);
});

test('an attempt for which no token came is none that the server may come to', async () => {
  let asked = 0;
  const world = await startClient({ token: () => (++asked === 1 ? new Promise(() => {}) : undefined) });
  await world.clock.advance(20_000);
  world.server.deliver(welcome());

  assert.equal(await world.delayAfter(() => world.server.end(4509)), null);
});
