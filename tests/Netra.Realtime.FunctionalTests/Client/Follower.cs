using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.Client;

public sealed class Follower(Uri endpoint, Func<CancellationToken, ValueTask<RealtimeCredentials>> signIn, TextWriter output)
{
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        await using RealtimeClient client = new(new RealtimeClientOptions
        {
            Uri = endpoint, // such as wss://example.com/ws
            Credentials = signIn, // asked before each connect: RealtimeCredentials.Bearer(token), or cookies
            OnReset = async (reason, token) => await output.WriteLineAsync($"Events were lost: {reason}".AsMemory(), token),
        });
        await foreach (AgentEvent e in client.ReadEventsAsync(cancellationToken))
        {
            switch (e)
            {
                case AgentResponding answer:
                    await output.WriteAsync(answer.Delta);
                    break;
                case ToolExecuting call:
                    await output.WriteLineAsync($"[{call.Tool}]");
                    break;
                case AgentCompleted { RunId: { } id } when client.Runs.Find(id) is { } run:
                    await output.WriteLineAsync($" ({run.Tools.Count()} tools, {run.Answer.Length} characters)");
                    break;
            }
        }
    }
}
