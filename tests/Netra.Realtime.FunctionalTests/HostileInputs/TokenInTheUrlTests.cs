using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A token where everybody logs it: it is refused, and we do not make it worse.</summary>
public sealed class TokenInTheUrlTests
{
    private const string Secret = "eyJhbGciOiJIUzI1NiJ9-secret";

    [Theory]
    [InlineData("token=" + Secret, "alice", 400)]
    [InlineData("access_token=" + Secret, "alice", 400)]
    [InlineData("Access_Token=" + Secret, "alice", 400)]
    [InlineData("last_event_id=k3v9x2-1&token=a&token=" + Secret, "alice", 400)]
    [InlineData("token=" + Secret, null, 401)]
    [InlineData("jwt=" + Secret, "alice", 101)]
    [InlineData("last_event_id=" + Secret, "alice", 101)]
    [InlineData("client=" + Secret + "!", "alice", 400)]
    [InlineData("start=" + Secret, "alice", 400)]
    public async Task Token_InTheQuery_IsAnsweredAndInNothingOfOurs(string query, string? user, int status)
    {
        ConcurrentQueue<string> tags = new();
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using MeterListener listener = Listen(server, tags);

        using (RawClient client = await RawClient.ConnectAsync(server.EndPoint))
        {
            Assert.Equal(status, (await client.HandshakeAsync(server, user, query: query)).Status);
        }

        // A connection that works, so that there is something to look through.
        await using (TestClient next = await TestClient.ConnectAsync(server, "alice"))
        {
            Assert.Equal(1000, (await next.CloseAsync()).Code);
        }

        await server.StopAsync();
        string[] ours = [.. server.Logs.All.Where(line => line.Contains(" Netra.", StringComparison.Ordinal))];
        Assert.NotEmpty(ours);
        Assert.Contains("code=1000", tags);
        Assert.DoesNotContain(ours.Concat(tags), text => text.Contains(Secret, StringComparison.OrdinalIgnoreCase));
    }

    private static MeterListener Listen(RealtimeServer server, ConcurrentQueue<string> seen)
    {
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach ((string key, object? value) in tags)
            {
                seen.Enqueue($"{key}={value}");
            }
        });
        listener.Start();
        return listener;
    }
}
