using System.Diagnostics;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>One event for each of many users is with all of them well under two seconds; the output says how long it took.</summary>
public sealed class Case05LatencyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(10)]
    [InlineData(25)]
    [InlineData(100)]
    public async Task Events_OneForEachUser_AreAllThereInTime(int users)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, users).Select(i => TestClient.ConnectAsync(server, $"user-{i}"))).OrFail();

        Stopwatch watch = Stopwatch.StartNew();
        Task<AgentEvent>[] waiting = [.. clients.Select(client => client.NextEventAsync())];
        for (int i = 0; i < users; i++)
        {
            server.EmitterFor($"user-{i}").Emit("note", new { Owner = i });
        }

        AgentEvent[] events = await Task.WhenAll(waiting).OrFail();
        TimeSpan elapsed = watch.Elapsed;
        output.WriteLine($"{users} users: {elapsed.TotalMilliseconds:F1} ms");

        Assert.Equal(Enumerable.Range(0, users).Select(i => $$"""{"owner":{{i}}}"""), events.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));

        // What is promised. Measured with every core kept busy: below 70 ms, a thirtieth of it.
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask())).OrFail();
    }
}
