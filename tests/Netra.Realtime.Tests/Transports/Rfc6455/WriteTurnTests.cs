using System.Text;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Pongs between the connection's writes, on a peer that reads or does not.</summary>
public sealed class WriteTurnTests
{
    private readonly FakeStream _stream = new();
    private readonly FramedTransport _transport;
    private readonly Task<ReceivedMessage> _receive;

    public WriteTurnTests()
    {
        _transport = new FramedTransport(_stream, isServer: true, new FakeTimeProvider());
        _receive = _transport.ReceiveAsync(1024).AsTask();
    }

    [Fact]
    public void Ping_NobodyWrites_IsAnsweredAtOnceAndNotShown()
    {
        Ping("one");
        Ping("two");

        Assert.Equal(["Pong one", "Pong two"], Written());
        Assert.False(_receive.IsCompleted);
    }

    [Fact]
    public async Task Ping_WhileAWriteWaits_OnlyTheLatestIsAnsweredAfterIt()
    {
        _stream.HoldWrites();
        Task write = WriteAsync("message");
        Ping("one");
        Ping("a longer two");
        Ping("three");
        Assert.Equal(["Text message"], Written());

        _stream.ReleaseWrites();

        await write.OrFail();
        Assert.Equal(["Text message", "Pong three"], Written());
        await WriteAsync("and it goes on").OrFail();
    }

    [Fact]
    public async Task Write_PingCameMeanwhile_DoesNotWaitForThePong()
    {
        _stream.HoldWrites();
        Task write = WriteAsync("message");
        Ping("one");

        _stream.ReleaseWhatWaits();

        await write.OrFail();
        Assert.Equal(["Text message", "Pong one"], Written());
        Task next = WriteAsync("next");
        Assert.False(next.IsCompleted); // the pong is still on its way
        _stream.ReleaseWrites();
        await next.OrFail();
        Assert.Equal(["Text message", "Pong one", "Text next"], Written());
    }

    [Fact]
    public async Task Pong_ItsWriteFailsBehindOneThatIsOver_EverythingEnds()
    {
        _stream.HoldWrites();
        Task write = WriteAsync("message");
        Ping("one");
        _stream.ReleaseWhatWaits();
        await write.OrFail();

        _stream.FailWrites();

        Assert.Equal(ReceivedKind.Ended, (await _receive.OrFail()).Kind);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Write_WhileAPongWaits_ComesAfterItAndAheadOfTheNext()
    {
        _stream.HoldWrites();
        Ping("one");
        Ping("two");
        Task write = WriteAsync("message");
        Ping("three");
        Assert.Equal(["Pong one"], Written());
        Assert.False(write.IsCompleted);

        _stream.ReleaseWrites();

        await write.OrFail();
        Assert.Equal(["Pong one", "Text message", "Pong three"], Written());
    }

    [Fact]
    public async Task Receive_WhileAPongWaits_GoesOn()
    {
        _stream.HoldWrites();
        Ping("one");

        _stream.Give(FrameBytes.Of(Opcode.Text, "message"u8));

        Assert.Equal(ReceivedKind.Text, (await _receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Close_WhileAPongWaits_ComesAfterItAndEndsThePongs()
    {
        _stream.HoldWrites();
        Ping("one");
        Ping("two");
        Task close = _transport.CloseAsync(1000, "").AsTask();
        Ping("three");

        _stream.ReleaseWrites();

        await close.OrFail();
        Ping("four");
        Assert.Equal(["Pong one", "Close 1000"], Written());
    }

    [Fact]
    public async Task Abort_WhileAWriteWaitsForItsTurn_FailsIt()
    {
        _stream.HoldWrites();
        Ping("one");
        Task write = WriteAsync("message");

        _transport.Abort();

        await Assert.ThrowsAsync<IOException>(() => write.OrFail());
        Assert.Equal(ReceivedKind.Ended, (await _receive.OrFail()).Kind);
        Assert.Equal(["Pong one"], Written());
    }

    [Fact]
    public async Task Pong_ItsWriteFails_EverythingEnds()
    {
        _stream.HoldWrites();
        Ping("one");
        Task write = WriteAsync("message");

        _stream.FailWrites();

        await Assert.ThrowsAsync<IOException>(() => write.OrFail());
        Assert.Equal(ReceivedKind.Ended, (await _receive.OrFail()).Kind);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Write_Fails_NothingIsWrittenBehindHalfAFrame()
    {
        _stream.HoldWrites();
        Task write = WriteAsync("message");
        Ping("one");

        _stream.FailWrites();

        await Assert.ThrowsAsync<IOException>(() => write.OrFail());
        await Assert.ThrowsAsync<IOException>(() => WriteAsync("more").OrFail());
        await Assert.ThrowsAsync<IOException>(() => _transport.CloseAsync(1000, "").OrFail());
        Ping("two");
        Assert.Equal(["Text message"], Written());
    }

    private void Ping(string payload) => _stream.Give(FrameBytes.Of(Opcode.Ping, Encoding.ASCII.GetBytes(payload)));

    private Task WriteAsync(string message)
    {
        MessageBatch batch = new();
        batch.Add(Encoding.ASCII.GetBytes(message));
        return _transport.WriteAsync(batch).AsTask();
    }

    private List<string> Written()
    {
        FrameFeed peer = new(isServer: false);
        foreach (byte[] write in _stream.Written)
        {
            peer.Give(write);
        }

        return peer.Outcomes;
    }
}
