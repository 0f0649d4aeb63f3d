using Netra.Realtime.Client;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

public sealed class EnumerationTests
{
    [Fact]
    public async Task ReadEvents_SecondReader_IsRefused()
    {
        await using ClientWorld world = new();
        world.AskForNext();
        await using IAsyncEnumerator<AgentEvent> second = world.Client.ReadEventsAsync().GetAsyncEnumerator();

        await Assert.ThrowsAsync<InvalidOperationException>(() => second.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task ReadEvents_LeftAndTakenUpAgain_GoesOnAfterTheEventInHand()
    {
        await using ClientWorld world = new();
        RealtimeClient client = world.Client;
        Task<FakeAttempt> attempt = AttemptAsync();
        List<string> seen = [];

        for (int i = 0; i < 2; i++)
        {
            await foreach (AgentEvent e in client.ReadEventsAsync())
            {
                seen.Add($"{e.Id} after {client.LastEventId}");
                break;
            }
        }

        await attempt;
        Assert.Equal(["e-1 after ", "e-2 after e-1"], seen);

        async Task<FakeAttempt> AttemptAsync()
        {
            _ = client.ConnectAsync();
            FakeAttempt made = await world.NextAttemptAsync();
            made.Accept().Deliver([Wire.Welcome(), .. Wire.Notes(1, 2)]);
            return made;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadEvents_EndsWhileAnEventIsInHand_ToAskForTheNextIsToBeDoneWithIt(bool byClosing)
    {
        await using ClientWorld world = new();
        Task connected = world.Client.ConnectAsync();
        (await world.NextAttemptAsync()).Accept().Deliver([Wire.Welcome(), .. Wire.Notes(1, 2)]);
        await connected.OrFail();
        using CancellationTokenSource cancel = new();
        await using IAsyncEnumerator<AgentEvent> events = world.Client.ReadEventsAsync(cancel.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.True(await events.MoveNextAsync().AsTask().OrFail());

        if (byClosing)
        {
            await world.Client.CloseAsync(CancellationToken.None).OrFail();
            Assert.False(await events.MoveNextAsync().AsTask().OrFail());
        }
        else
        {
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => events.MoveNextAsync().AsTask().OrFail());
        }

        Assert.Equal("e-1", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task ReadEvents_OnRunsChangedThrows_TheEventIsHandedOutAllTheSame()
    {
        await using ClientWorld world = new(options => options.OnRunsChanged = _ => throw new InvalidOperationException("The application's own."));
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Completed("e-2"));

        Assert.Equal(["e-1", "e-2"], (await world.HandleAsync("e-2")).Select(e => e.Id.ToString()));
    }

    [Fact]
    public async Task ReadEvents_Cancelled_EndsAndTheClientStaysConnected()
    {
        await using ClientWorld world = new();
        Task connected = world.Client.ConnectAsync();
        FakeSocket socket = (await world.NextAttemptAsync()).Accept();
        socket.Deliver(Wire.Welcome());
        await connected.OrFail();
        using CancellationTokenSource cancel = new();
        await using IAsyncEnumerator<AgentEvent> events = world.Client.ReadEventsAsync(cancel.Token).GetAsyncEnumerator(CancellationToken.None);
        Task<bool> next = events.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.OrFail());
        socket.Deliver(Wire.Note("e-1"));
        Assert.Equal("e-1", (await world.ReadAsync()).Id.ToString());
    }

    [Fact]
    public async Task ServerSendsAway_EventsWait_AreHandedOutFirst()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 2));
        socket.End(4500, "revoked");
        await world.EndedAsync();

        Assert.Equal(["e-1", "e-2"], (await world.HandleAsync("e-2")).Select(e => e.Id.ToString()));
        Assert.Equal("revoked", (await Assert.ThrowsAsync<ConnectionClosedException>(world.EndOfEventsAsync)).CloseReason.Reason);
    }

    [Fact]
    public async Task Close_ByTheApplication_EndsTheEnumerationAndTheSocketInOrder()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        await world.ReadAsync();

        await world.Client.CloseAsync().OrFail();

        Assert.False(await world.EndOfEventsAsync());
        Assert.Equal(1000, (int)await socket.Closed);
        Assert.Equal((ConnectionState.Closed, 1000), (world.Client.Status.State, world.Client.Status.CloseReason!.Code));
        await Assert.ThrowsAsync<ConnectionClosedException>(() => world.Client.ConnectAsync().OrFail());
    }

    [Theory]
    [InlineData(ConnectionState.NotStarted)]
    [InlineData(ConnectionState.Connecting)]
    [InlineData(ConnectionState.Waiting)]
    public async Task Close_WithoutAConnection_EndsTheEnumeration(ConnectionState state)
    {
        await using ClientWorld world = new();
        if (state != ConnectionState.NotStarted)
        {
            FakeAttempt attempt = await world.AttemptAsync();
            if (state == ConnectionState.Waiting)
            {
                attempt.Accept().End(1013);
                await world.EndedAsync();
            }
        }

        await world.Client.CloseAsync().OrFail();

        Assert.False(await world.EndOfEventsAsync());
        Assert.Equal(ConnectionState.Closed, world.Client.Status.State);
    }

    [Fact]
    public async Task Close_ServerDoesNotAnswer_EndsAfterFiveSeconds()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.AnswersClose = false;

        Task closing = world.Client.CloseAsync();
        await socket.Closed;
        Assert.False(closing.IsCompleted);
        world.Time.Advance(TimeSpan.FromSeconds(5));

        await closing.OrFail();
    }
}
