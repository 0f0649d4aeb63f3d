// What an application in TypeScript sees of the package, by its exports and declarations. Compiled by `npm run types`, never run.
import { RealtimeClient, type ErrorCode, type RealtimeEvent, type Run } from 'netra-realtime';

const client = new RealtimeClient<{ invoice_ready: { number: number } }>('/ws', { token: async () => 'a token', ack: false, start: 'live' });

client.addEventListener('event', ({ detail }) => {
  const id: string = detail.id;
  switch (detail.type) {
    case 'agent_failed': {
      const reason: 'error' | 'cancelled' | 'timed_out' | 'interrupted' = detail.payload.reason;
      return [id, reason, detail.payload.error?.message];
    }
    case 'tool_progress':
      // @ts-expect-error: no tool is named here
      return detail.payload.tool;
    case 'invoice_ready':
      return detail.payload.number + 1;
    // @ts-expect-error: nobody has declared it
    case 'invoice_redy':
      return;
  }
});
client.addEventListener('reset', ({ detail }) => detail.reason === 'too_old');
client.addEventListener('state', ({ detail }) => detail.state === 'waiting' && detail.retryInMs);
// @ts-expect-error: there is no such event
client.addEventListener('message', () => {});

const plain = new RealtimeClient('/ws');
plain.addEventListener('event', ({ detail }: CustomEvent<RealtimeEvent>) => detail.type === 'agent_responding' && detail.payload.delta.length);
const runs: Run[] = [...plain.runs.values()];
const texts: string[] = runs.flatMap((run) => run.timeline).map((item) => (item.kind === 'tool' ? item.tool : item.text));
const code: ErrorCode = 'rate_limited';
// @ts-expect-error: what an event says is not what a run shows
runs[0].status = 'error';
export { code, texts };
