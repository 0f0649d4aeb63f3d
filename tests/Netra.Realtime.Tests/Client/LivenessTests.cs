using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

public sealed class LivenessTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(75);

    [Fact]
    public async Task Silence_IsAskedAboutAndASecondOneIsTheEnd()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(timeoutMs: 75_000));
        await socket.AskedAsync(2);
        world.Time.Advance(Timeout); // the welcome was a sign of life
        world.Time.Advance(Timeout);
        await socket.SentAsync("ping");
        socket.Deliver("""{"type":"pong"}""");
        await socket.AskedAsync(3); // so it was heard
        world.Time.Advance(Timeout);
        Assert.Equal(ConnectionState.Open, world.Client.Status.State);

        world.Time.Advance(Timeout);
        await socket.SentAsync("ping");
        world.Time.Advance(Timeout);

        ConnectionStatus ended = await world.EndedAsync();
        Assert.Equal((1006, TimeSpan.Zero), (ended.CloseReason!.Code, ended.RetryIn));
        await socket.Aborted;
    }

    [Fact]
    public async Task ServerDoesNotAsk_ClientSpeaksThreeTimesWithinItsTimeoutWhateverItHears()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(intervalMs: 0, timeoutMs: 120_000));
        await socket.AskedAsync(2);

        for (int i = 1; i <= 5; i++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(39));
            socket.Deliver("""{"type":"pong"}""");
            await socket.AskedAsync(2 + i);
            world.Time.Advance(TimeSpan.FromSeconds(1));
            await socket.SentAsync("ping");
        }

        Assert.Equal(ConnectionState.Open, world.Client.Status.State);
        world.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(1006, (await world.EndedAsync()).CloseReason!.Code); // the last one was not answered
    }

    [Fact]
    public async Task Silence_WhileTheClientDoesNotReadItself_SaysNothing()
    {
        FakeTimeProvider time = new();
        FakeSocket socket = new();
        bool isHeldUp = true;
        using ClientConnection connection = new(socket, new RealtimeClientOptions { Uri = new Uri("ws://example.test"), TimeProvider = time }, NullLogger.Instance);
        using SilenceWatch watch = new(connection, new HeartbeatSettings(25_000, 75_000), () => isHeldUp, time);
        Task<ConnectionEnd> running = connection.RunAsync((_, _, _) => default);

        time.Advance(10 * Timeout);
        Assert.False(running.IsCompleted);
        isHeldUp = false;
        time.Advance(Timeout);
        await socket.SentAsync("ping");
        time.Advance(Timeout);

        Assert.IsType<TimeoutException>((await running.OrFail()).Cause);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task TimeoutIsNone_NothingIsWatched(long timeoutMs)
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(intervalMs: 0, timeoutMs: timeoutMs));

        world.Time.Advance(TimeSpan.FromHours(2));
        _ = world.Client.SendAsync("first", CancellationToken.None);

        await socket.SentAsync("first"); // no ping came before
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public async Task TimeoutIsOdd_IsBroughtIntoBounds(long timeoutMs)
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(timeoutMs: timeoutMs));

        world.Time.Advance(TimeSpan.FromMilliseconds(999));
        _ = world.Client.SendAsync("first", CancellationToken.None);

        await socket.SentAsync("first");
    }
}
