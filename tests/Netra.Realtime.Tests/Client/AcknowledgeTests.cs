using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

public sealed class AcknowledgeTests
{
    [Fact]
    public async Task Acks_OfFewEvents_AreCumulativeAndOneASecond()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 12));
        await world.HandleAsync("e-10");

        world.Time.Advance(TimeSpan.FromMilliseconds(999));
        await world.HandleAsync("e-12");
        world.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("e-12", Id(await socket.SentAsync("ack"))); // one that came sooner would have said less
        socket.Deliver(Wire.Note("e-13"));
        await world.HandleAsync("e-13");
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-13", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Acks_After64Events_ComeAtOnceButNotMoreThanFourASecond()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 400));

        await world.HandleAsync("e-64");
        Assert.Equal("e-64", Id(await socket.SentAsync("ack")));
        await world.HandleAsync("e-200");
        world.Time.Advance(TimeSpan.FromMilliseconds(250));
        await world.HandleAsync("e-201");
        Assert.Equal("e-201", Id(await socket.SentAsync("ack"))); // none in between
        await world.HandleAsync("e-400");
        world.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("e-400", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Ack_EventsWaitInTheQueue_CoversOnlyWhatWasHandled()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 10));

        for (int i = 0; i < 3; i++)
        {
            await world.ReadAsync(); // the third is in hand
        }

        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-2", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Ack_CursorAfterTheEvents_CoversItToo()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Note("e-1"), Wire.Cursor("e-9"), Wire.Note("e-10"));
        await world.ReadAsync();
        await world.ReadAsync();

        world.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("e-9", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Ack_ByHand_NoCursorSaysMoreThanTheApplicationDid()
    {
        await using ClientWorld world = new(options => options.AcknowledgeAutomatically = false);
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver([.. Wire.Notes(1, 3), Wire.Cursor("e-9"), Wire.Note("e-10")]);
        await world.ReadAsync();
        world.Client.Acknowledge(EventId.Parse("e-1", null));
        await world.HandleAsync("e-10");

        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-1", Id(await socket.SentAsync("ack")));
        world.Client.Acknowledge(EventId.Parse("e-3", null));
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-3", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Ack_SentToALineThatBroke_IsRepeatedOnTheNext()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        await world.HandleAsync("e-3");
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-3", Id(await socket.SentAsync("ack"))); // which may never have arrived

        FakeSocket next = await world.ReopenAsync(socket, Wire.Welcome("e-3", resumed: true));
        next.Deliver(Wire.Cursor("e-3"));
        Task<JsonElement> ack = next.SentAsync("ack");
        await world.Time.AdvanceUntilAsync(ack, TimeSpan.FromSeconds(1));

        Assert.Equal("e-3", Id(await ack));
    }

    [Fact]
    public async Task Ack_ConnectionEndedBefore_GoesToTheNextIfThatResumes()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        await world.HandleAsync("e-3");

        FakeSocket next = await world.ReopenAsync(socket, Wire.Welcome("e-3", resumed: true));
        next.Deliver(Wire.Note("e-4"));
        await world.HandleAsync("e-4");
        world.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("e-4", Id(await next.SentAsync("ack")));
    }

    [Fact]
    public async Task Ack_ResetWaitsInTheQueue_IsNotSentToTheConnectionThatDoesNotKnowIt()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        await world.ReadAsync(); // two more wait, and then the reset
        FakeSocket next = await world.ReopenAsync(socket, Wire.Welcome("f-0", reset: "epoch_changed"));

        world.Time.Advance(TimeSpan.FromSeconds(1));
        await world.ReadAsync();
        await world.ReadAsync();
        world.Time.Advance(TimeSpan.FromSeconds(1));
        next.Deliver(Wire.Note("f-1"));
        await world.HandleAsync("f-1");
        world.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("f-1", Id(await next.SentAsync("ack")));
    }

    [Fact]
    public async Task Close_ByTheApplication_AcknowledgesWhatWasHandled()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        await world.HandleAsync("e-3");

        await world.Client.CloseAsync();

        Assert.Equal("e-3", Id(await socket.SentAsync("ack")));
    }

    [Fact]
    public async Task Acknowledge_ByTheApplication_IsBatchedAndOnlyOfWhatItHad()
    {
        await using ClientWorld world = new(options => options.AcknowledgeAutomatically = false);
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 5));
        await world.HandleAsync("e-4");
        AgentEvent inHand = await world.ReadAsync();

        world.Client.Acknowledge(EventId.Parse("e-2", null));
        world.Client.Acknowledge(EventId.Parse("e-9", null)); // not had yet
        world.Client.Acknowledge(EventId.Parse("d-1", null)); // of another time
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("e-2", Id(await socket.SentAsync("ack")));
        world.Client.Acknowledge(inHand.Id);
        world.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("e-5", Id(await socket.SentAsync("ack")));
    }

    private static string? Id(JsonElement ack) => ack.GetProperty("id").GetString();
}
