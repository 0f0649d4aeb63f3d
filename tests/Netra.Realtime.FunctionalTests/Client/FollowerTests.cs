using Netra.Realtime.Client;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>The example of the package does what it looks like.</summary>
public sealed class FollowerTests
{
    [Fact]
    public async Task Example_FollowsARun()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("librarian");
        run.ExecuteTool("count").Complete(2);
        run.Respond("There are 2.");
        run.Complete();
        using CancellationTokenSource stop = new();
        StringWriter output = new();
        output.NewLine = "\n";
        LastLine written = new(output, "characters)");
        Follower follower = new(server.WebSocket, _ => new(new RealtimeCredentials { Headers = new Dictionary<string, string> { [TestAuthentication.UserHeader] = "alice" } }), written);

        Task following = follower.FollowAsync(stop.Token);
        await written.Came.OrFail();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following.OrFail());
        Assert.Equal("[count]\nThere are 2. (1 tools, 12 characters)\n", output.ToString());
    }

    /// <summary>Says when a line that ends like this was written.</summary>
    private sealed class LastLine(TextWriter to, string end) : TextWriter
    {
        private readonly TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Came => _came.Task;

        public override System.Text.Encoding Encoding => to.Encoding;

        public override Task WriteAsync(string? value) => to.WriteAsync(value);

        public override async Task WriteLineAsync(string? value)
        {
            await to.WriteLineAsync(value);
            if (value!.EndsWith(end, StringComparison.Ordinal))
            {
                _came.TrySetResult();
            }
        }
    }
}
