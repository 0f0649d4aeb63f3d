import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, startClient } from '../test-support/fakes.js';
import { ModelServer, dice } from '../test-support/model-server.js';

const Programs = 300;
const sequenceOf = (id) => Number(id.split('-').at(-1));
const wordsOf = (run) => run.parts.map((part) => part.text).join('').match(/<[^>]*>/g) ?? [];

for (let seed = 1; seed <= 3; seed++) {
  test(`whatever is cut, trimmed and restarted, events come once and in order, and runs are shown as they were (seed ${seed})`, async () => {
    const seen = { resumed: 0, too_old: 0, epoch_changed: 0, coalesced: 0, whole: 0, partial: 0, interrupted: 0 };
    for (let program = 0; program < Programs; program++) await play(dice(seed * 1_000_003 + program), seen);

    for (const [what, times] of Object.entries(seen)) assert.ok(times > 0, `never: ${what}`);
  });
}

/** Lets a client live through a story that the dice tell, and looks at what it has in the end. */
async function play(roll, seen) {
  const server = new ModelServer(roll);
  const world = await startClient();
  const stretches = [{ handled: [] }];
  world.client.addEventListener('reset', ({ detail }) => {
    seen[detail.reason]++;
    stretches.push({ handled: [] });
  });
  world.client.addEventListener('event', ({ detail }) => stretches.at(-1).handled.push(detail));
  const narrow = roll(2) === 0;

  for (let connections = roll(6); connections >= 0; connections--) {
    let replay = 0;
    for (const message of server.connection(world.server.url.searchParams)) {
      if (message.resumed) seen.resumed++;
      world.server.deliver(message);
      if (message.resumed === false) stretches.at(-1).from = replay = server.head; // up to it only open runs are replayed
      if (message.type === 'reset') stretches.at(-1).from = Math.max(replay, sequenceOf(message.last_event_id));
      for (let emitted = roll(4); emitted > 1; emitted--) server.emit();
      if (narrow && roll(15) === 0) server.trim();
      if (connections > 0 && roll(20) === 0) break;
      if (connections === 0 && server.head > 200) break;
    }
    if (connections > 0) {
      for (let emitted = roll(10); emitted > 0; emitted--) server.emit();
      if (narrow && roll(3) === 0) server.trim();
      if (roll(8) === 0) server.restart();
      await world.delayAfter(() => world.server.end(1001));
    }
  }
  // The last connection catches up with a server that is quiet.
  await world.delayAfter(() => world.server.end(1001));
  world.server.deliver(...server.connection(world.server.url.searchParams));
  await settle();

  checkEvents(stretches, seen);
  checkRuns(world.client.runs, server, seen);
  checkWhole(world.client.runs, stretches.at(-1).handled);
  assert.equal(world.client.lastEventId, server.idOf(server.head));
  world.client.close();
}

/** In order, and without a gap from where each stretch began. */
function checkEvents(stretches, seen) {
  for (const { handled, from } of stretches) {
    let before = 0;
    for (const event of handled) {
      const first = sequenceOf(event.first ?? event.id);
      assert.ok(first > before, `${event.id} after ${before}`);
      if (first > from) assert.equal(first, Math.max(before, from) + 1);
      before = sequenceOf(event.id);
      if (event.first) seen.coalesced++;
    }
  }
}

/** What has begun since the last reset was received whole. */
function checkWhole(runs, handled) {
  for (const { type, run_id: id } of handled) {
    if (type === 'agent_started') assert.equal(runs.get(id).complete, true, `${id} was received from its start on`);
  }
}

function checkRuns(runs, server, seen) {
  for (const run of runs.values()) {
    const said = server.said.get(run.runId);
    const words = wordsOf(run);
    assert.deepEqual(words, said.filter((word) => words.includes(word)), `${run.runId} has a word twice, or not in its place`);
    if (run.status === 'interrupted') seen.interrupted++;
    else assert.equal(run.status, server.open.has(run.runId) ? 'running' : 'completed', run.runId);
    if (run.complete && run.status !== 'interrupted') assert.deepEqual(words, said, `${run.runId} says that it is complete`);
    seen[run.complete ? 'whole' : 'partial']++;
  }
  for (const run of server.open) assert.equal(runs.get(run)?.status, 'running');
}
