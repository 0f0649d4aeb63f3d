import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { WebSocketServer } from 'ws';
import { draw } from '../test-support/page.js';
import { completed, createWorld, event, settle, started, welcome } from '../test-support/fakes.js';
const { createElement } = await import('react');

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const [page, react, node, ...others] = [...readme.matchAll(/```jsx?\n(.*?)```/gs)].map(([, code]) => code);

/** Runs an example as a module, with the packages that it imports, this one by its exports. */
async function run(example) {
  const { code } = await transform(example, { loader: 'jsx', jsx: 'automatic' });
  const resolved = code.replaceAll(/from "([^"]+)"/g, (_, name) => `from ${JSON.stringify(import.meta.resolve(name))}`);
  return import(`data:text/javascript,${encodeURIComponent(resolved)}`);
}

/** The client of the example finds what it finds in a page. */
function enterPage(t) {
  const world = createWorld();
  const reload = t.mock.fn();
  const globals = { WebSocket: world.options.WebSocket, fetch: world.options.fetch, location: { href: 'https://example.test/', reload } };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return { ...world, reload, get server() { return world.server; } };
}

const aRun = [started('e-1'), event('e-2', 'agent_thinking', { delta: 'Hm.', part: 1 }),
  event('e-3', 'tool_executing', { call_id: 'c', tool: 'search' })];

test('the example of a page shows the connection and the runs, sends, cancels, and reloads after a reset', async (t) => {
  const world = enterPage(t);
  document.body.innerHTML = '<p id=connection></p><ul id=runs></ul><form id=ask><input id=question value="Why?"></form><p id=answer></p>';
  const $ = (selector) => document.querySelector(selector);
  await run(page);
  await settle();
  assert.equal($('#connection').textContent, 'Connecting.');

  world.server.deliver(welcome(), ...aRun);
  assert.equal($('#connection').textContent, 'Connected.');
  assert.equal($('#runs').textContent, 'a, running: Hm. [search: running]');
  const item = $('#runs li');
  world.server.deliver(event('e-4', 'agent_responding', { delta: 'So.', part: 2 }));
  assert.equal($('#runs').textContent, 'a, running: Hm. [search: running] So.');
  item.click();
  assert.deepEqual(world.server.sent.map(({ type, run_id: runId }) => [type, runId]), [['cancel', 'r1']]);
  assert.equal($('#runs li'), item); // else the click that a token comes in between would be lost

  $('#ask').dispatchEvent(new window.Event('submit'));
  const { type, question, ref } = world.server.sent.at(-1);
  assert.deepEqual([type, question], ['ask', 'Why?']);
  world.server.deliver({ type: 'reply', ref, data: { text: 'Because.' } });
  await settle();
  assert.equal($('#answer').textContent, 'Because.');

  world.server.deliver({ type: 'reset', reason: 'too_old', last_event_id: 'e-9' });
  assert.equal(world.reload.mock.callCount(), 1);
  world.server.deliver(welcome({ user_id: 'u2' }));
  assert.equal($('#runs').textContent, '');
  world.server.end(4500);
  assert.equal($('#connection').textContent, 'Access was revoked.');
});

test('the example of React shows the connection and the runs, cancels, and reloads after a reset', async (t) => {
  const world = enterPage(t);
  const { Agents } = await run(react);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const drawn = await draw(Agents);
  const deliver = (...messages) => drawn.next(async () => {
    world.server.deliver(...messages);
    await settle();
    t.mock.timers.tick(16);
  });

  await deliver(welcome(), ...aRun);
  assert.equal(drawn.text, 'Connected.a: runningHm.search: runningStop');
  await drawn.next(() => drawn.element.querySelector('button').click());
  assert.deepEqual(world.server.sent.map(({ type, run_id: runId }) => [type, runId]), [['cancel', 'r1']]);

  await deliver(event('e-4', 'agent_responding', { delta: 'So.', part: 2 }), completed('e-5'));
  assert.match(drawn.text, /^Connected\.a: completedHm\.search: runningSo\.$/);
  assert.equal(drawn.element.querySelector('button'), null);
  await deliver({ type: 'reset', reason: 'too_old', last_event_id: 'e-9' });
  assert.equal(world.reload.mock.callCount(), 1);
  await drawn.leave();
});

test('the example of Node tells the events of a server', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  process.env.AGENTS_TOKEN = 'token';
  const told = t.mock.method(console, 'log', () => {});
  const connected = once(server, 'connection');
  await run(node.replace('https://agents.example.com', `http://127.0.0.1:${server.address().port}`));
  const [socket, request] = await connected;

  for (const message of [welcome(), ...aRun]) socket.send(JSON.stringify(message));
  socket.close(1000); // so that it stays away
  await once(socket, 'close');
  server.close();

  assert.equal(request.headers['sec-websocket-protocol'], 'netra.v1,jwt.dG9rZW4');
  assert.deepEqual(told.mock.calls.map(({ arguments: [type] }) => type), ['agent_started', 'agent_thinking', 'tool_executing']);
});

test('every example of the README is one of these', () => {
  assert.deepEqual(others, []);
});
