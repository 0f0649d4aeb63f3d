using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>One connection of a random program: asks, and keeps every event it gets.</summary>
/// <param name="owner">Whose it is.</param>
/// <param name="client">Its far end.</param>
/// <param name="from">How many events of its user's log it is not to get.</param>
internal sealed class ProgramConnection(int owner, FakeClient client, int from)
{
    private readonly List<AgentEvent> _events = [];
    private int _asked;

    public int Owner => owner;

    /// <summary>What an event says, with its place in the log.</summary>
    public static string Describe(AgentEvent e) => $"{e.Id.Sequence} " + e switch
    {
        AgentStarted => $"started {e.RunId}",
        AgentCompleted => $"completed {e.RunId}",
        CustomEvent custom => $"{custom.Payload.GetRawText()} {custom.RunId}{custom.Room}",
        _ => e.ToString(),
    };

    public async Task<WelcomeMessage> WelcomeAsync() => Assert.IsType<WelcomeMessage>(await NextAsync());

    /// <summary>The answer: the code of the error, or what the reply carries, or <c>ok</c>.</summary>
    public async Task<string> AskAsync(string type, string fields = "")
    {
        string reference = $"q-{_asked++}";
        client.Send($$"""{"type":"{{type}}","ref":"{{reference}}"{{fields}}}""");
        while (true)
        {
            switch (await NextAsync())
            {
                case ErrorMessage error when error.Ref == reference:
                    return error.Code;
                case ReplyMessage reply when reply.Ref == reference:
                    return reply.Data?.GetRawText() ?? "ok";
                case PongMessage pong when pong.Ref == reference:
                    return "ok";
            }
        }
    }

    /// <summary>It has got its part of the log, all of it and nothing else; then it leaves.</summary>
    public async Task EndAsync(List<string> log)
    {
        string[] expected = [.. log.Skip(from)];
        while (_events.Count < expected.Length)
        {
            await NextAsync(); // first: the answer to a ping may overtake events
        }

        Assert.Equal("ok", await AskAsync("ping"));
        Assert.Equal(expected, _events.Select(Describe));
        client.Transport.ClientClose();
        await client.EndedAsync();
    }

    private async Task<ServerMessage> NextAsync()
    {
        ServerMessage message = await client.NextAsync();
        if (message is AgentEvent next)
        {
            _events.Add(next);
        }

        return message;
    }
}
