using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A client that reads a kilobyte a second, for ever: some progress, and never enough.</summary>
public sealed class TricklingReaderTests
{
    // Far more than the kernel and the web server hold for a peer that does not read.
    private const int Events = 1_000;
    private const int EventBytes = 16 * 1024;
    private const int Others = 100;

    [Fact]
    public async Task Reader_NoFlushEndsInTheTimeOfItsAttempts_IsClosedAsSlowAndTheOthersGetAll()
    {
        // A flush of 16 KiB would take such a reader 16 seconds; it has 4.5 times this. The log holds all there is.
        long overruns = await CloseAsSlowAsync(options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.SendTimeout = TimeSpan.FromMilliseconds(200);
        });

        Assert.Equal(0, overruns);
    }

    [Fact]
    public async Task Reader_WhatWaitsIsMoreThanTheLogHolds_IsClosedAsSlowAndTheOthersGetAll()
    {
        // All the time of the world, and a log of 256 KiB.
        long overruns = await CloseAsSlowAsync(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));

        Assert.Equal(1, overruns);
    }

    // How often a log ran over under a flush.
    private static async Task<long> CloseAsSlowAsync(Action<RealtimeOptions> configure)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = configure);
        using CloseWatch closes = new(server);
        using RawClient slow = await RawClient.OpenAsync(server, "slow", receiveBufferBytes: 4096);
        await using TestClient other = await TestClient.ConnectAsync(server, "other");
        using CancellationTokenSource stop = new();
        Task<int> trickling = TrickleAsync(slow, stop.Token);

        string text = new('x', EventBytes);
        for (int i = 0; i < Events; i++)
        {
            Assert.True(server.EmitterFor("slow").Emit("note", new { Text = text }).IsInLog);
            if (i % (Events / Others) == 0)
            {
                EmitResult emitted = server.EmitterFor("other").Emit("note", new { Number = i });
                Assert.Equal(emitted.EventId, (await other.NextEventAsync()).Id);
            }
        }

        await closes.WhenClosedAsync(4408);
        Assert.Empty(await other.PingAsync());
        Assert.Equal(1, server.Registry.Places.Taken);
        await stop.CancelAsync();
        Assert.True(await trickling.OrFail() > 0, "The slow reader did not even read a bit.");
        return server.Services.GetRequiredService<SessionDirectory>().Pool.Counters.Overruns;
    }

    private static async Task<int> TrickleAsync(RawClient client, CancellationToken cancellationToken)
    {
        using PeriodicTimer pace = new(TimeSpan.FromSeconds(1));
        int kilobytes = 0;
        try
        {
            do
            {
                await client.ReadExactlyAsync(1024);
                kilobytes++;
            }
            while (await pace.WaitForNextTickAsync(cancellationToken));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Cut, or enough.
        }

        return kilobytes;
    }
}
