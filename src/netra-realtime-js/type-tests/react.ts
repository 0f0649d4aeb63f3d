import { useAgentRuns, useConnectionState, useRealtime } from 'netra-realtime/react';

export function usePage() {
  const { client, state, runs } = useRealtime<{ invoice_ready: { number: number } }>('/ws', {
    threads: ['t-1'],
    onEvent: (event) => event.type === 'invoice_ready' && event.payload.number,
    onReset: ({ reason }) => reason === 'log_lost',
  });
  const texts: string[] = useAgentRuns(client).flatMap((run) => run.parts.map((part) => part.text));
  // @ts-expect-error: there is none in the first render
  client.cancel('r-1');
  // @ts-expect-error: what is drawn is not changed
  runs[0].parts.push(runs[0].parts[0]);
  return [client?.cancel(runs[0].runId), state.why, useConnectionState(client).state, texts];
}
