using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Unfinished frames and messages, and peers that do not leave.</summary>
public sealed class SlowPeerTests
{
    private const int Limit = 100_000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Period = FramingLimits.Default.UnfinishedFramePeriod;

    private readonly FakeStream _stream = new();
    private readonly CountingTime _time = new();
    private readonly FramedTransport _transport;

    public SlowPeerTests() => _transport = new FramedTransport(_stream, isServer: true, _time);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(100)]
    public async Task Receive_AFrameAndThenSilence_IsGivenUp(int bytes)
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Text, new byte[200]).AsSpan(0, bytes));

        _time.Advance(Period - TimeSpan.FromMilliseconds(1));
        Assert.False(receive.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Receive_HalfAPingAndThenSilence_IsGivenUp()
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Ping, "ping"u8).AsSpan(0, 7));

        _time.Advance(Period);

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Receive_AByteASecondInsideAFrame_IsGivenUp()
    {
        Task<ReceivedMessage> receive = Receive();
        byte[] frame = FrameBytes.Of(Opcode.Text, new byte[200]);
        int seconds = 0;
        while (!_stream.IsDisposed)
        {
            _stream.Give(frame.AsSpan(seconds++, 1));
            _time.Advance(Second);
        }

        Assert.Equal(Period.TotalSeconds, seconds);
        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Receive_AFrameAtTheLowestRate_IsWaitedForAndOneByteBelowIsNot()
    {
        Task<ReceivedMessage> receive = Receive();
        byte[] frame = FrameBytes.Of(Opcode.Text, new byte[90_000]);
        int perPeriod = FramingLimits.Default.MinBytesPerPeriod;
        int at = 1;
        _stream.Give(frame.AsSpan(0, 1)); // the watch begins with it

        for (int i = 0; i < 20; i++)
        {
            _stream.Give(frame.AsSpan(at, perPeriod));
            at += perPeriod;
            _time.Advance(Period);
        }

        Assert.False(receive.IsCompleted);
        _stream.Give(frame.AsSpan(at, perPeriod - 1));
        _time.Advance(Period);

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Receive_FrameIsFinished_ItsTimeIsOver()
    {
        Task<ReceivedMessage> receive = Receive();
        byte[] frame = FrameBytes.Of(Opcode.Text, new byte[200]);
        _stream.Give(frame.AsSpan(0, 100));
        _time.Advance(Period / 2);
        _stream.Give(frame.AsSpan(100));
        Assert.Equal(ReceivedKind.Text, (await receive.OrFail()).Kind);

        _time.Advance(Period * 10); // what is done with it takes as long as it takes
        receive = Receive();
        _time.Advance(Period * 10);
        Assert.False(receive.IsCompleted);

        _stream.Give(frame.AsSpan(0, 100));
        _time.Advance(Period - TimeSpan.FromMilliseconds(1));
        Assert.False(receive.IsCompleted); // a time of its own
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(receive.IsCompleted);
    }

    [Fact]
    public async Task Receive_AFragmentAndThenSilence_IsGivenUp()
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false));
        Assert.Equal(0, _stream.WaitsWithBytes); // still without a buffer

        _time.Advance(Period - TimeSpan.FromMilliseconds(1));
        Assert.False(receive.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
        Assert.True(_stream.IsDisposed);
    }

    // Of pings and pongs as much comes as the rate asks for. A pong ends a receive, and the next one goes on with the message.
    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public async Task Receive_OnlyPingsAndPongsAfterAFragment_GiveItNoMoreTime(byte opcode)
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false));
        int seconds = 0;
        while (!_stream.IsDisposed && seconds < 60)
        {
            for (int i = 0; i < 4; i++)
            {
                _stream.Give(FrameBytes.Of((Opcode)opcode, new byte[125])); // 500 bytes a second
                receive = receive.IsCompleted ? Receive() : receive;
            }

            seconds++;
            _time.Advance(Second);
        }

        Assert.Equal(Period.TotalSeconds, seconds);
        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Receive_FragmentsAtTheLowestRateWithPingsBetween_AreWaitedForToTheEnd()
    {
        Task<ReceivedMessage> receive = Receive();
        byte[] piece = new byte[FramingLimits.Default.MinBytesPerPeriod / 2];
        _stream.Give(FrameBytes.Of(Opcode.Text, [], isFinal: false));
        for (int i = 0; i < 100; i++)
        {
            _stream.Give(FrameBytes.Of(Opcode.Continuation, piece, isFinal: i == 99));
            _stream.Give(FrameBytes.Of(Opcode.Ping, "p"u8));
            _time.Advance(Period / 2);
        }

        Assert.Equal(100 * piece.Length, (await receive.OrFail()).Payload.Length);
    }

    [Fact]
    public async Task Receive_MessageEndsBehindAPong_ItsTimeIsOver()
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false));
        _stream.Give([.. FrameBytes.Of(Opcode.Pong, "p"u8), .. FrameBytes.Of(Opcode.Continuation, "y"u8)]);
        Assert.Equal(ReceivedKind.Pong, (await receive.OrFail()).Kind);
        Assert.Equal(2, (await Receive().OrFail()).Payload.Length); // it was there already: nothing was waited for

        _time.Advance(Period * 10);

        Assert.False(_stream.IsDisposed);
    }

    [Fact]
    public void Receive_WholeFrames_NeedNoTimer()
    {
        for (int i = 0; i < 3; i++)
        {
            Task<ReceivedMessage> receive = Receive();
            _stream.Give([.. FrameBytes.Of(Opcode.Ping, "x"u8), .. FrameBytes.Of(Opcode.Text, "x"u8)]);
            Assert.True(receive.IsCompleted);
        }

        _ = Receive();
        Assert.Equal(0, _time.Timers);
    }

    [Fact]
    public void Receive_TheHostStalled_ThePeerGetsItsTimeAgain()
    {
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(FrameBytes.Of(Opcode.Text, new byte[200]).AsSpan(0, 100));

        _time.Stall = Period * 2; // the timer comes, and the clock says that it is late
        _time.Advance(Period);

        Assert.False(receive.IsCompleted);
        _time.Advance(Period);
        Assert.True(receive.IsCompleted);
    }

    [Fact]
    public async Task Drain_AfterOurClose_EndsASecondAfterIt()
    {
        Task drain = _transport.DrainAsync().AsTask();
        _stream.Give(FrameBytes.Of(Opcode.Text, "what it still says"u8));
        _time.Advance(TimeSpan.FromMinutes(1)); // the close may wait behind a write
        Assert.False(drain.IsCompleted);

        await _transport.CloseAsync(1002, "protocol error").OrFail();
        _time.Advance(Second - TimeSpan.FromMilliseconds(1));
        Assert.False(drain.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await drain.OrFail();
        Assert.False(_stream.IsDisposed); // an abort would take back the close
    }

    [Fact]
    public async Task Drain_BegunAfterOurClose_EndsASecondAfterIt()
    {
        await _transport.CloseAsync(1002, "protocol error").OrFail();
        Task drain = _transport.DrainAsync().AsTask();

        _time.Advance(Second);

        await drain.OrFail();
    }

    [Fact]
    public async Task Drain_CloseWaitsForThePeer_GoesOnWithIt()
    {
        _stream.HoldWrites();
        Task close = _transport.CloseAsync(1002, "protocol error").AsTask();
        Task drain = _transport.DrainAsync().AsTask();

        _time.Advance(Second * 2);
        Assert.False(drain.IsCompleted);
        _stream.ReleaseWrites();
        await close.OrFail();
        _time.Advance(Second);

        await drain.OrFail();
    }

    [Theory]
    [InlineData(new byte[] { 0x83, 0x80, 1, 2, 3, 4 })]                 // a reserved opcode
    [InlineData(new byte[] { 0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28 })]     // no UTF-8
    [InlineData(new byte[] { 0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4 })] // too long, and 64 KiB of it follow
    [InlineData(new byte[] { 0x81, 0x90, 0, 0, 0, 0, 0xff })]           // no UTF-8 inside an unfinished frame: 15 bytes follow
    public async Task Drain_AfterAViolation_EndsWithTheCloseOfThePeer(byte[] violation)
    {
        Task<ReceivedMessage> receive = _transport.ReceiveAsync(1024).AsTask();
        _stream.Give(violation);
        await Assert.ThrowsAsync<RealtimeProtocolException>(() => receive.OrFail());
        Task drain = _transport.DrainAsync().AsTask();

        _stream.Give(new byte[violation.Length switch { 14 => 65_536, 7 => 15, _ => 0 }]);
        _stream.Give(FrameBytes.Of(Opcode.Text, "it has not noticed yet"u8));
        byte[] close = FrameBytes.Close(1000, "bye"u8);
        _stream.Give(close.AsSpan(0, close.Length - 1));
        Assert.False(drain.IsCompleted);
        _stream.Give(close.AsSpan(close.Length - 1)); // to its last byte: what is left unread would reset the connection

        await drain.OrFail();
    }

    [Fact]
    public async Task Drain_Cancelled_Ends()
    {
        using CancellationTokenSource giveUp = new();
        Task drain = _transport.DrainAsync(giveUp.Token).AsTask();

        await giveUp.CancelAsync();

        await drain.OrFail();
    }

    private Task<ReceivedMessage> Receive() => _transport.ReceiveAsync(Limit).AsTask();

    private sealed class CountingTime : FakeTimeProvider
    {
        public int Timers { get; private set; }

        public TimeSpan Stall { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Stall.TotalSeconds * TimestampFrequency);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
