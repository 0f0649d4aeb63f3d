using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Client;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

/// <summary>What the client sends, and how it learns what became of it.</summary>
public sealed class MessagesTests
{
    private static readonly JsonTypeInfo<JsonObject> Fields = (JsonTypeInfo<JsonObject>)JsonSerializerOptions.Web.GetTypeInfo(typeof(JsonObject));

    [Fact]
    public async Task Send_Accepted_HasTheDataOfItsReply()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        Task<JsonElement?> ask = world.Client.SendAsync("ask", new JsonObject { ["text"] = "a", ["thread_id"] = "t" }, Fields);
        Task<bool> cancel = world.Client.CancelAsync(new RunId("r1"));
        Task<JsonElement?> bare = world.Client.SendAsync("bare", CancellationToken.None);
        JsonElement asked = await socket.SentAsync("ask"), cancelled = await socket.SentAsync("cancel"), bared = await socket.SentAsync("bare");
        socket.Deliver(Wire.Reply(cancelled, new { ended = true }), Wire.Reply(bared), Wire.Reply(asked, new { answer = 7 }));

        Assert.Equal("""{"type":"ask","ref":"c1","text":"a","thread_id":"t"}""", asked.GetRawText());
        Assert.Equal("""{"type":"cancel","ref":"c2","run_id":"r1"}""", cancelled.GetRawText());
        Assert.Equal(7, (await ask.OrFail())!.Value.GetProperty("answer").GetInt32());
        Assert.False(await cancel.OrFail()); // it had ended
        Assert.Null(await bare.OrFail());
    }

    [Fact]
    public async Task Cancel_OfAnOpenRun_IsTrue()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        Task<bool> cancel = world.Client.CancelAsync(new RunId("r1"));
        socket.Deliver(Wire.Reply(await socket.SentAsync()));

        Assert.True(await cancel.OrFail());
    }

    [Fact]
    public async Task Send_Refused_FailsWithTheCodeOfTheError()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        Task join = world.Client.JoinAsync(new RoomId("secret"));
        JsonElement sent = await socket.SentAsync("join");
        socket.Deliver("""{"type":"error","code":"bad_request","message":"of nobody"}""", Wire.Error(sent, "forbidden", "Not yours."));

        MessageRefusedException refused = await Assert.ThrowsAsync<MessageRefusedException>(() => join.OrFail());
        Assert.Equal((ErrorCodes.Forbidden, "Not yours."), (refused.Code, refused.Message));
        Assert.Equal("secret", sent.GetProperty("room").GetString());
    }

    [Fact]
    public async Task Send_ConnectionEndsBeforeTheAnswer_FailsAndMayHaveArrived()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        Task leave = world.Client.LeaveAsync(new RoomId("room"));
        await socket.SentAsync("leave");
        socket.Break();

        Assert.True((await Assert.ThrowsAsync<ConnectionLostException>(() => leave.OrFail())).MayHaveArrived);
    }

    [Fact]
    public async Task Send_WithoutAConnection_FailsAtOnce()
    {
        await using ClientWorld world = new();
        Assert.False((await Assert.ThrowsAsync<ConnectionLostException>(() => world.Client.CancelAsync(new RunId("r1")).OrFail())).MayHaveArrived);

        FakeSocket socket = await world.OpenAsync();
        socket.End(4408);
        await world.EndedAsync();

        Assert.False((await Assert.ThrowsAsync<ConnectionLostException>(() => world.Client.CancelAsync(new RunId("r1")).OrFail())).MayHaveArrived);
    }

    [Fact]
    public async Task Send_LargerThanTheServerTakes_FailsAtOnceAndIsNotSent()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome(maxMessageBytes: 60));

        MessageRefusedException refused = await Assert.ThrowsAsync<MessageRefusedException>(
            () => world.Client.SendAsync("ask", new JsonObject { ["text"] = new string('x', 40) }, Fields).OrFail());
        Assert.Equal(ErrorCodes.TooLarge, refused.Code);
        _ = world.Client.SendAsync("small", CancellationToken.None);

        await socket.SentAsync("small");
    }

    [Fact]
    public async Task Send_NoAnswerInTime_FailsAndALateOneIsIgnored()
    {
        await using ClientWorld world = new(options => (options.ReplyTimeout, options.MaxPendingReplies) = (TimeSpan.FromSeconds(3), 1));
        FakeSocket socket = await world.OpenAsync();
        Task<JsonElement?> first = world.Client.SendAsync("first", CancellationToken.None);
        JsonElement sent = await socket.SentAsync("first");

        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Client.SendAsync("second", CancellationToken.None).OrFail()); // one may wait
        world.Time.Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        Task<JsonElement?> third = world.Client.SendAsync("third", CancellationToken.None);
        socket.Deliver(Wire.Reply(sent, 1), Wire.Reply(await socket.SentAsync("third"), 3));

        Assert.Equal(3, (await third.OrFail())!.Value.GetInt32());
    }

    [Fact]
    public async Task Send_MoreThanTheSocketTakes_FailsInsteadOfPilingUp()
    {
        await using ClientWorld world = new(options => options.MaxPendingReplies = 1);
        FakeSocket socket = await world.OpenAsync();
        TaskCompletionSource writable = new();
        socket.WritesWaitFor = writable.Task;

        bool isRefused = false;
        for (int i = 0; i < 20 && !isRefused; i++)
        {
            using CancellationTokenSource cancel = new();
            Task<JsonElement?> sent = world.Client.SendAsync("ask", cancel.Token);
            isRefused = sent.IsFaulted;
            await cancel.CancelAsync(); // who no longer waits is no longer counted, but what he sent is
            Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => sent.OrFail());
            Assert.IsType(isRefused ? typeof(InvalidOperationException) : typeof(TaskCanceledException), thrown);
        }

        Assert.True(isRefused);
        writable.SetResult();
    }

    [Theory]
    [InlineData("""{"type":"x"}""")]
    [InlineData("""{"ref":"x"}""")]
    [InlineData("[]")]
    [InlineData("7")]
    public async Task Send_PayloadThatIsNoMessage_IsRefused(string payload)
    {
        await using ClientWorld world = new();
        await world.OpenAsync();
        JsonTypeInfo<JsonElement> element = (JsonTypeInfo<JsonElement>)JsonSerializerOptions.Web.GetTypeInfo(typeof(JsonElement));

        await Assert.ThrowsAsync<ArgumentException>(() => world.Client.SendAsync("ask", JsonElement.Parse(payload), element).OrFail());
    }

    [Fact]
    public async Task Subscribe_Accepted_HoldsNowAndForEveryLaterConnection()
    {
        await using ClientWorld world = new(options =>
            (options.Threads, options.Runs) = (new HashSet<ThreadId> { new("a"), new("b c") }, new HashSet<RunId> { new("r") }));
        FakeAttempt attempt = await world.AttemptAsync();
        Assert.Equal(["a", "b c"], attempt.Query("thread"));
        FakeSocket socket = attempt.Accept();
        socket.Deliver(Wire.Welcome());
        await world.StatusAsync(ConnectionState.Open);

        Task change = world.Client.SubscribeAsync(null, new HashSet<RunId> { new("r2") });
        JsonElement sent = await socket.SentAsync("subscribe");
        socket.Deliver(Wire.Reply(sent));
        await change.OrFail();
        socket.End(4408);

        attempt = await world.AttemptAsync();
        Assert.Equal("""{"type":"subscribe","ref":"c1","threads":null,"runs":["r2"]}""", sent.GetRawText());
        Assert.Empty(attempt.Query("thread"));
        Assert.Equal(["r2"], attempt.Query("run"));
    }

    [Fact]
    public async Task Subscribe_Refused_IsNotKept()
    {
        await using ClientWorld world = new(options => options.Threads = new HashSet<ThreadId> { new("a") });
        FakeSocket socket = await world.OpenAsync();

        Task change = world.Client.SubscribeAsync(new HashSet<ThreadId> { new("b") }, null);
        socket.Deliver(Wire.Error(await socket.SentAsync("subscribe"), "limit_exceeded", ""));
        await Assert.ThrowsAsync<MessageRefusedException>(() => change.OrFail());
        socket.End(4408);

        Assert.Equal(["a"], (await world.AttemptAsync()).Query("thread"));
    }

    [Fact]
    public async Task Subscribe_ToNothing_IsAskedForAfterEachWelcome()
    {
        await using ClientWorld world = new();
        await world.Client.SubscribeAsync(new HashSet<ThreadId>(), null);

        FakeSocket socket = await world.OpenAsync();

        Assert.Equal("""{"type":"subscribe","ref":"filter","threads":[],"runs":null}""", (await socket.SentAsync()).GetRawText());
        socket = await world.ReopenAsync(socket);
        await socket.SentAsync("subscribe");
    }

    // A URL has no words for "none", so the server lets everything through until it has read that.
    [Fact]
    public async Task Subscribe_ToNothing_WhatComesBeforeTheServerKnowsIsPassedOver()
    {
        await using ClientWorld world = new(options => options.Threads = new HashSet<ThreadId>());
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-2", open: [("r1", true)]));
        JsonElement subscribe = await socket.SentAsync("subscribe");

        socket.Deliver(Wire.Started("e-1"), Wire.Event("e-2", "note", new { }, run: null, thread: null), Wire.Responding("e-3", "?"), Wire.Reply(subscribe));
        socket.Deliver(Wire.Started("e-4", "r2")); // as after a subscribe of the application's to something else
        List<AgentEvent> handled = await world.HandleAsync("e-4");

        Assert.Equal(["e-2", "e-4"], handled.Select(e => e.Id.ToString()));
        Assert.Equal("r2", Assert.Single(world.Client.Runs.ToList()).RunId.Value);
    }

    [Fact]
    public async Task Subscribe_WhileItConnects_HoldsOnThatConnectionToo()
    {
        await using ClientWorld world = new();
        FakeAttempt attempt = await world.AttemptAsync();
        await world.Client.SubscribeAsync(new HashSet<ThreadId> { new("a") }, null).OrFail();
        FakeSocket socket = attempt.Accept();
        socket.Deliver(Wire.Welcome());

        Assert.Equal("""{"type":"subscribe","ref":"filter","threads":["a"],"runs":null}""", (await socket.SentAsync()).GetRawText());
    }

    // The server begins by the filter that the connection was asked for with, the client shows by the one that holds now.
    [Fact]
    public async Task Subscribe_WhileItConnects_HandsOutWhatTheNewFilterLetsThroughAndNothingElse()
    {
        await using ClientWorld world = new(options => options.Threads = new HashSet<ThreadId>());
        FakeAttempt attempt = await world.AttemptAsync();
        await world.Client.SubscribeAsync(new HashSet<ThreadId> { new("t-1") }, null).OrFail();
        FakeSocket socket = attempt.Accept();
        socket.Deliver(Wire.Welcome("e-4", open: [("r1", true)]));
        JsonElement subscribe = await socket.SentAsync("subscribe");

        socket.Deliver(Wire.Started("e-1"), Wire.Event("e-2", "note", new { }, run: null, thread: "t-2"), Wire.Responding("e-3", "!"), Wire.Reply(subscribe), Wire.Note("e-4"));
        List<AgentEvent> handled = await world.HandleAsync("e-4");

        Assert.Equal(["e-1", "e-3", "e-4"], handled.Select(e => e.Id.ToString()));
        Assert.Equal(("!", true), (world.Client.Runs.Find(new RunId("r1"))!.Answer, world.Client.Runs.Find(new RunId("r1"))!.IsComplete));
    }

    [Fact]
    public async Task Subscribe_RefusedAtTheWelcome_PassesNothingOverAnyMore()
    {
        await using ClientWorld world = new(options => options.Threads = new HashSet<ThreadId>());
        FakeSocket socket = await world.OpenAsync();

        socket.Deliver(Wire.Error(await socket.SentAsync("subscribe"), "rate_limited", ""), Wire.Note("e-1"));

        Assert.Equal("e-1", (await world.ReadAsync()).Id.ToString());
    }

    [Fact]
    public async Task Send_Ping_IsAnsweredByItsPong()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        Task<JsonElement?> answer = world.Client.SendAsync("ping", CancellationToken.None);
        string reference = (await socket.SentAsync("ping")).GetProperty("ref").GetString()!;
        socket.Deliver($$"""{"type":"pong","ref":"{{reference}}"}""");

        Assert.Null(await answer.OrFail());
    }
}
