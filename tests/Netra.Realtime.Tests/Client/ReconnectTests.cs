using System.Net;
using System.Net.WebSockets;
using Netra.Realtime.Client;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

/// <summary>Section 6 of the protocol, row by row.</summary>
public sealed class ReconnectTests
{
    [Theory]
    [InlineData(1000, null)]
    [InlineData(1001, 0)]
    [InlineData(1002, 0)]
    [InlineData(1003, 0)]
    [InlineData(1005, 0)]
    [InlineData(1007, 0)]
    [InlineData(1008, null)]
    [InlineData(1009, 0)]
    [InlineData(1011, 0)]
    [InlineData(1012, 0)]
    [InlineData(1013, 30_250)]
    [InlineData(4400, 0)]
    [InlineData(4401, 0)]
    [InlineData(4407, 0)]
    [InlineData(4408, 0)]
    [InlineData(4429, 5_250)]
    [InlineData(4444, 0)]
    [InlineData(4500, null)]
    [InlineData(4509, null)]
    [InlineData(4999, null)]
    public async Task Close_WithACode_ComesBackAsTheTableSays(int code, int? comesBackMs)
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        socket.End(code, "because");

        ConnectionStatus ended = await world.EndedAsync();
        Assert.Equal((code, "because"), (ended.CloseReason!.Code, ended.CloseReason.Reason));
        Assert.Equal(comesBackMs, ended.RetryIn?.TotalMilliseconds);
        Assert.Equal(comesBackMs is null ? ConnectionState.Closed : ConnectionState.Waiting, ended.State);
        if (comesBackMs is { } wait)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(wait));
            await world.AttemptAsync();
        }
        else
        {
            ConnectionClosedException closed = await Assert.ThrowsAsync<ConnectionClosedException>(world.EndOfEventsAsync);
            Assert.Equal(code, closed.CloseReason.Code);
        }
    }

    [Theory]
    [InlineData(WebSocketError.ConnectionClosedPrematurely, 1006)]
    [InlineData(WebSocketError.Faulted, 1002)]
    public async Task Line_Breaks_IsTriedAgainAtOnce(WebSocketError error, int code)
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        socket.Break(error);

        ConnectionStatus ended = await world.EndedAsync();
        Assert.Equal((code, TimeSpan.Zero), (ended.CloseReason!.Code, ended.RetryIn));
        Assert.IsType<WebSocketException>(ended.Error);
        await world.AttemptAsync();
    }

    [Theory]
    [InlineData(1002)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1009)]
    public async Task ProtocolErrors_ThreeInARow_AreGivenUp(int code)
    {
        await using ClientWorld world = new();

        List<double?> waits = [];
        for (int i = 0; i < 3; i++)
        {
            (await world.AttemptAsync()).Accept().End(code);
            ConnectionStatus ended = await world.EndedAsync();
            waits.Add(ended.RetryIn?.TotalMilliseconds);
            world.Time.Advance(ended.RetryIn ?? default);
        }

        Assert.Equal([0, 250, null], waits);
        Assert.Equal(ConnectionState.Closed, world.Client.Status.State);
    }

    [Fact]
    public async Task GoAway_BeforeTheEnd_IsTheLeastWaitOnce()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        socket.Deliver(Wire.GoAway(9000), Wire.GoAway(4000));
        socket.End(1012);

        ConnectionStatus first = await world.EndedAsync();
        Assert.Equal(4250, first.RetryIn!.Value.TotalMilliseconds);
        world.Time.Advance(first.RetryIn.Value);
        (await world.AttemptAsync()).Accept().End(1012);
        Assert.Equal(250, (await world.EndedAsync()).RetryIn!.Value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Handshake_RefusedForWhoItIs_StaysAwayAndTells(HttpStatusCode status)
    {
        await using ClientWorld world = new();

        (await world.AttemptAsync()).Refuse(status);

        Assert.Equal(status, (await world.EndedAsync()).HttpStatus);
        ConnectionClosedException closed = await Assert.ThrowsAsync<ConnectionClosedException>(() => world.Client.ConnectAsync().OrFail());
        Assert.Equal(status, closed.HttpStatus);
        Assert.Equal(status, (await Assert.ThrowsAsync<ConnectionClosedException>(world.EndOfEventsAsync)).HttpStatus);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, 7, 7250)]
    [InlineData(HttpStatusCode.TooManyRequests, 3, 3250)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 0, 0)]
    [InlineData(HttpStatusCode.BadRequest, 7, 0)]
    [InlineData(HttpStatusCode.InternalServerError, 7, 0)]
    public async Task Handshake_RefusedForNow_IsTriedAgainAfterRetryAfter(HttpStatusCode status, int retryAfterSeconds, int waitMs)
    {
        await using ClientWorld world = new();

        (await world.AttemptAsync()).Refuse(status, TimeSpan.FromSeconds(retryAfterSeconds));

        ConnectionStatus ended = await world.EndedAsync();
        Assert.Equal((status, waitMs), (ended.HttpStatus, ended.RetryIn!.Value.TotalMilliseconds));
    }

    [Fact]
    public async Task Handshake_WithoutAnAnswer_IsTriedAgain()
    {
        await using ClientWorld world = new();

        (await world.AttemptAsync()).Fail();

        Assert.IsType<IOException>((await world.EndedAsync()).Error);
        await world.AttemptAsync();
    }

    [Fact]
    public async Task Handshake_ThatNoAttemptWillAccept_ClosesWithTheReason()
    {
        await using ClientWorld world = new();
        FormatException bad = new("bad header");

        (await world.AttemptAsync()).Throw(bad);

        Assert.Same(bad, (await Assert.ThrowsAsync<ConnectionClosedException>(world.EndOfEventsAsync)).InnerException);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Welcome_DoesNotCome_IsGivenUpAfter20Seconds(bool isAccepted)
    {
        await using ClientWorld world = new();
        FakeAttempt attempt = await world.AttemptAsync();
        FakeSocket? socket = isAccepted ? attempt.Accept() : null;
        await (socket?.IsRead ?? Task.CompletedTask);

        world.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal((1006, TimeSpan.Zero), ((await world.EndedAsync()) is var ended ? ended.CloseReason!.Code : 0, ended.RetryIn));
        if (socket is not null)
        {
            await socket.Aborted;
        }

        await world.AttemptAsync();
    }

    [Fact]
    public async Task Superseded_ByAnAttemptOfItsOwnThatWasGivenUp_ComesBackAtOnceButOnce()
    {
        await using ClientWorld world = new();
        await world.AttemptAsync();
        world.Time.Advance(TimeSpan.FromSeconds(20)); // given up: the server may handle it later
        Assert.Equal(ConnectionState.Waiting, (await world.EndedAsync()).State);
        FakeSocket socket = await world.OpenAsync();

        world.Time.Advance(TimeSpan.FromSeconds(30));
        socket.End(4509, "superseded");
        Assert.Equal(TimeSpan.Zero, (await world.EndedAsync()).RetryIn);
        socket = await world.OpenAsync();
        socket.End(4509, "superseded");

        Assert.Equal(ConnectionState.Closed, (await world.EndedAsync()).State);
    }

    // Nobody listened: no server comes late to such an attempt, so somebody else is meant.
    [Fact]
    public async Task Superseded_AfterAttemptsThatNobodyCanHaveSeen_StaysAway()
    {
        await using ClientWorld world = new();
        (await world.AttemptAsync()).Fail(new WebSocketException("Unable to connect.", new HttpRequestException(HttpRequestError.ConnectionError)));
        FakeSocket socket = await world.OpenAsync();

        socket.End(4509, "superseded");

        Assert.Equal(ConnectionState.Closed, (await world.EndedAsync()).State);
    }

    [Fact]
    public async Task Loggers_Throw_TheClientGoesOn()
    {
        await using ClientWorld world = new(options => options.LoggerFactory = new LogProbe(2000, 2001, 2002, 2003));
        FakeSocket socket = await world.OpenAsync();
        socket.End(4408);
        await world.OpenAsync();

        Assert.Equal(ConnectionState.Open, world.Client.Status.State);
    }

    [Fact]
    public async Task Superseded_LongAfterAnAttemptThatWasGivenUp_StaysAway()
    {
        await using ClientWorld world = new();
        (await world.AttemptAsync()).Accept().Break(); // cut before the welcome
        FakeSocket socket = await world.OpenAsync();

        world.Time.Advance(TimeSpan.FromSeconds(61));
        socket.End(4509, "superseded");

        Assert.Equal(ConnectionState.Closed, (await world.EndedAsync()).State);
    }
}
