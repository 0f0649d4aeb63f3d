import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from '../test-support/page.js';
import { completed, createWorld, event, responding, settle, started, welcome } from '../test-support/fakes.js';
const { createElement, memo } = await import('react');
const { renderToString } = await import('react-dom/server');
const { RealtimeClient } = await import('../src/index.js');
const { useAgentRuns, useConnectionState, useRealtime } = await import('../src/react.js');

const Url = 'https://example.test/ws';
const textOf = (run) => run.parts.map((part) => part.text).join('');

/** Draws what the hook gives, and keeps each of its results. */
function createPage(options) {
  const world = createWorld();
  const seen = [];
  function Page({ url = Url, ...more }) {
    const realtime = useRealtime(url, { ...world.options, ...options, ...more });
    seen.push(realtime);
    return `${realtime.state.state}: ${realtime.runs.map((run) => `${run.runId} ${run.status} ${textOf(run)}`).join(', ')}`;
  }
  return { world, seen, Page };
}

/** What is drawn comes a little later than what happens. */
function later(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return (page, happens) => page.next(async () => {
    happens();
    await settle();
    t.mock.timers.tick(16);
  });
}

for (const isStrict of [false, true]) {
  test(`a component ${isStrict ? 'in strict mode ' : ''}has one connection, shows the runs, and closes it at its end`, async (t) => {
    const pass = later(t);
    const { world, seen, Page } = createPage();
    const page = await draw(Page, {}, { isStrict });
    assert.equal(seen[0].client, null);

    await pass(page, () => world.server.deliver(welcome(), started('e-1'), responding('e-2', 'Hello')));
    assert.equal(page.text, 'open: r1 running Hello');
    await pass(page, () => world.server.deliver(responding('e-3', ' world'), completed('e-4')));
    assert.equal(page.text, 'open: r1 completed Hello world');

    assert.equal(world.sockets.length, 1);
    assert.ok(seen.at(-1).client instanceof RealtimeClient);
    await page.leave();
    assert.equal(world.server.closedWith, 1000);
    await world.clock.advance(60_000);
    assert.equal(world.sockets.length, 1);
  });
}

test('the state of the connection is drawn', async (t) => {
  const pass = later(t);
  const { world, Page } = createPage();
  const page = await draw(Page);
  await pass(page, () => {});
  assert.equal(page.text, 'connecting: ');

  await pass(page, () => world.server.end(4500));

  assert.equal(page.text, 'closed: ');
});

test('what is drawn does not change afterwards, and what has not changed is the same object', async (t) => {
  const pass = later(t);
  const { world, seen, Page } = createPage();
  const page = await draw(Page);
  await pass(page, () => world.server.deliver(welcome(), started('e-1'), responding('e-2', 'one'),
    event('e-3', 'tool_executing', { call_id: 'c', tool: 'search' }), started('e-4', 'r2')));
  const [r1, r2] = seen.at(-1).runs;
  const before = structuredClone(r1);

  await pass(page, () => world.server.deliver(event('e-5', 'agent_responding', { delta: 'two', part: 2 })));

  const [changed, same] = seen.at(-1).runs;
  assert.deepEqual(r1, before);
  assert.equal(same, r2);
  assert.notEqual(changed, r1);
  assert.equal(changed.parts[0], r1.parts[0]);
  assert.equal(changed.tools[0], r1.tools[0]);
  assert.deepEqual(changed.timeline.map((item) => item.text ?? item.tool), ['one', 'search', 'two']);
  assert.equal(changed.timeline[2], changed.parts[1]);

  await pass(page, () => world.server.deliver(event('e-6', 'tool_progress', { call_id: 'c', percent: 5 })));
  assert.equal(seen.at(-1).runs[0].parts[1], changed.parts[1]);
  assert.notEqual(seen.at(-1).runs[0].tools[0], changed.tools[0]);
  assert.equal(changed.tools[0].progress, undefined);
});

test('a burst of events is drawn once', async (t) => {
  const pass = later(t);
  const { world, seen, Page } = createPage();
  const page = await draw(Page);
  await pass(page, () => world.server.deliver(welcome(), started('e-1')));
  const drawn = seen.length;

  await pass(page, () => { for (let i = 2; i <= 500; i++) world.server.deliver(responding(`e-${i}`, 'x')); });

  assert.equal(seen.length, drawn + 1);
  assert.equal(textOf(seen.at(-1).runs[0]).length, 499);
});

test('memo spares the runs that have not changed', async (t) => {
  const pass = later(t);
  const world = createWorld();
  const drawn = [];
  const Card = memo(({ run }) => {
    drawn.push(run.runId);
    return run.runId;
  });
  function Page() {
    return useRealtime(Url, world.options).runs.map((run) => createElement(Card, { run, key: run.runId }));
  }
  const page = await draw(Page);
  await pass(page, () => world.server.deliver(welcome(), started('e-1'), started('e-2', 'r2')));
  drawn.length = 0;

  await pass(page, () => world.server.deliver(responding('e-3', 'x')));

  assert.deepEqual(drawn, ['r1']);
});

test('another address is another client', async (t) => {
  const pass = later(t);
  const { world, seen, Page } = createPage();
  const page = await draw(Page);
  await pass(page, () => world.server.deliver(welcome(), started('e-1')));
  const { client } = seen.at(-1);

  await page.change({ url: 'https://other.test/ws' });
  await pass(page, () => world.server.deliver(welcome(), started('e-1', 'other')));

  assert.equal(world.sockets[0].closedWith, 1000);
  assert.deepEqual(world.sockets.map((socket) => socket.url.host), ['example.test', 'other.test']);
  assert.notEqual(seen.at(-1).client, client);
  assert.equal(page.text, 'open: other running ');
});

test('options that are other objects each time make no other client, and handlers are those of the last render', async (t) => {
  const pass = later(t);
  const told = [];
  const { world, Page } = createPage({ lastEventId: 'e-1' });
  const page = await draw(Page, { onEvent: ({ id }) => told.push(`first ${id}`), onReset: ({ reason }) => told.push(`first ${reason}`) });

  world.server.deliver(welcome({ reset: 'too_old' }), started('e-7'));
  await page.change({ onEvent: ({ id }) => told.push(`second ${id}`), onReset: undefined });
  await pass(page, () => world.server.deliver(completed('e-8'), { type: 'reset', reason: 'too_old', last_event_id: 'e-9' }));

  assert.deepEqual(told, ['first too_old', 'first e-7', 'second e-8']);
  assert.equal(world.sockets.length, 1);
});

test('runs that are gone are no longer drawn', async (t) => {
  const pass = later(t);
  const { world, Page } = createPage({ keepEndedRuns: 1 });
  const page = await draw(Page);
  await pass(page, () => world.server.deliver(welcome(), started('e-1', 'a'), completed('e-2', 'a')));
  await pass(page, () => world.server.deliver(started('e-3', 'b'), completed('e-4', 'b')));
  assert.equal(page.text, 'open: b completed ');

  world.server.end(4408);
  await world.clock.advance(0);
  await pass(page, () => world.server.deliver(welcome({ user_id: 'u2', reset: 'epoch_changed' })));

  assert.equal(page.text, 'open: ');
});

test('components share a client that is nobody\'s, and one that comes later sees what is there', async (t) => {
  const pass = later(t);
  const world = createWorld();
  const client = new RealtimeClient(Url, world.options);
  const List = () => `${useConnectionState(client).state} ${useAgentRuns(client).map((run) => run.runId)}; `;
  const Page = ({ count }) => Array.from({ length: count }, (_, key) => createElement(List, { key }));
  client.connect();
  await settle();
  world.server.deliver(welcome(), started('e-1'));

  const page = await draw(Page, { count: 1 });
  assert.equal(page.text, 'open r1; ');
  await pass(page, () => world.server.deliver(started('e-2', 'r2')));
  await page.change({ count: 2 });
  assert.equal(page.text, 'open r1,r2; open r1,r2; ');

  await page.leave();
  assert.equal(world.server.closedWith, undefined);
});

test('on a server there is no client, and nothing is opened', () => {
  const seen = [];
  function Page() {
    const { client, state, runs } = useRealtime('/ws', { lastEventId: 'e-1' });
    seen.push(client);
    return `${state.state} ${runs.length}`;
  }

  assert.equal(renderToString(createElement(Page)), 'closed 0');
  assert.deepEqual(seen, [null]);
});
