using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A handshake whose bytes trickle in. Its deadline is the web server's, <c>KestrelServerLimits.RequestHeadersTimeout</c>.</summary>
public sealed class SlowHandshakeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Handshake_TricklesInForLongerThanItsDeadline_IsCutAndCountedAndNobodyElseNotices()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false;
            setup.Services = services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.RequestHeadersTimeout = Deadline);
        });
        using CutHandshakes cut = new(server);
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");
        using RawClient slow = await RawClient.ConnectAsync(server.EndPoint);
        using CancellationTokenSource stop = new();

        Task trickling = TrickleAsync(slow, stop.Token);
        RawResponse response = await slow.ReadResponseAsync();
        await slow.WhenEndedAsync();

        Assert.Equal(408, response.Status);
        await cut.First.OrFail();
        await stop.CancelAsync();
        await trickling.OrFail();
        Assert.Equal((1, 1), (server.Registry.Count, server.Registry.Places.Taken));
        Assert.Empty(await neighbour.PingAsync());
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
    }

    // Never silent and never done: the header has no end.
    private static async Task TrickleAsync(RawClient client, CancellationToken cancellationToken)
    {
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(50));
        try
        {
            await client.WriteAsync(Encoding.Latin1.GetBytes("GET /ws HTTP/1.1\r\nX-Slow: "));
            while (await pace.WaitForNextTickAsync(cancellationToken))
            {
                await client.WriteAsync([(byte)'x']);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Cut, or enough.
        }
    }

    /// <summary>What the web server counts of handshakes that took too long.</summary>
    private sealed class CutHandshakes : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CutHandshakes(RealtimeServer server)
        {
            IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name == "kestrel.connection.duration")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            {
                foreach ((string key, object? value) in tags)
                {
                    if (key == "error.type" && value is "request_headers_timeout")
                    {
                        _first.TrySetResult();
                    }
                }
            });
            _listener.Start();
        }

        public Task First => _first.Task;

        public void Dispose() => _listener.Dispose();
    }
}
