using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Client.Feed;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

public sealed class BackPressureTests
{
    public static TheoryData<string> Messages { get; } =
        [Wire.Note("e-2"), Wire.Cursor("e-2"), Wire.Reset("too_old", "e-50"), Wire.Welcome("f-50", reset: "epoch_changed")];

    [Fact]
    public async Task Queue_FullByItems_LetsItsWriterWaitForARead()
    {
        ReceiveQueue queue = new(maxItems: 2, maxBytes: 1000);
        Assert.True(await queue.WriteAsync(Item(1), 10, CancellationToken.None));
        Assert.True(await queue.WriteAsync(Item(2), 10, CancellationToken.None));

        Task<bool> third = queue.WriteAsync(Item(3), 10, CancellationToken.None).AsTask();

        Assert.True(queue.IsFull);
        Assert.False(third.IsCompleted);
        Assert.True(queue.TryRead(out FeedItem? first));
        Assert.Equal(Item(1), first);
        Assert.True(await third.OrFail());
        Assert.False(queue.IsFull);
    }

    [Fact]
    public async Task Queue_FullByBytes_TakesALargerOneOnlyAlone()
    {
        ReceiveQueue queue = new(maxItems: 10, maxBytes: 100);
        Assert.True(await queue.WriteAsync(Item(1), 500, CancellationToken.None));

        Task<bool> second = queue.WriteAsync(Item(2), 1, CancellationToken.None).AsTask();

        Assert.False(second.IsCompleted);
        queue.TryRead(out _);
        Assert.True(await second.OrFail());
    }

    [Fact]
    public async Task Queue_Closed_LetsItsWriterGo()
    {
        ReceiveQueue queue = new(maxItems: 1, maxBytes: 100);
        await queue.WriteAsync(Item(1), 1, CancellationToken.None);
        Task<bool> second = queue.WriteAsync(Item(2), 1, CancellationToken.None).AsTask();

        queue.Close();

        Assert.False(await second.OrFail());
        Assert.False(queue.TryRead(out _));
    }

    [Fact]
    public async Task Client_ApplicationDoesNotRead_StopsReadingTheSocket()
    {
        await using ClientWorld world = new(options => options.ReceiveQueueItems = 10);
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(timeoutMs: 0));

        socket.Deliver(Wire.Notes(1, 100));
        const int Most = 1 + 1 + 10 + 1; // the welcome, one in the application's hand, ten in the queue, one that has no room
        await socket.ReadAsync(Most);
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Most, socket.Read);

        Assert.Equal(100, (await world.HandleAsync("e-100")).Count);
        Assert.Equal(ConnectionState.Open, world.Client.Status.State);
    }

    // Else nobody would send it again.
    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Message_FindsNoRoomBeforeItsConnectionIsGivenUp_IsAsReceivedAsIfItHadNeverCome(string message)
    {
        EventIntake intake = new(EventId.Parse("e-1", null), StartPosition.Live);
        ReceiveQueue queue = new(maxItems: 1, maxBytes: 100);
        await queue.WriteAsync(Item(1), 1, CancellationToken.None);
        RealtimeClientOptions options = new() { Uri = new Uri("wss://example.test/ws"), TimeProvider = new FakeTimeProvider() };
        EventFilter filter = new(null, null);
        using ClientConnection connection = new(new FakeSocket(), options, NullLogger.Instance);
        using ServerMessageHandler handler = new(connection, intake, queue, filter, options.TimeProvider, _ => filter);
        using CancellationTokenSource givenUp = new();

        Task handling = handler.HandleAsync(ServerMessageReader.Read(Encoding.UTF8.GetBytes(message)), 1, givenUp.Token).AsTask();
        Assert.False(handling.IsCompleted);
        await givenUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handling.OrFail());
        Assert.Equal(("e-1", 0), (intake.ResumeAfter.ToString(), intake.Generation));
    }

    private static CursorItem Item(int sequence) => new(EventId.Parse($"e-{sequence}", null));
}
