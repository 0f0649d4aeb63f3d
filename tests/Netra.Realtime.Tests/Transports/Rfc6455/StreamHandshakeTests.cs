using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>The handshake on a stream: its deadline, its refusals, and what it hands over.</summary>
public sealed class StreamHandshakeTests
{
    private readonly FakeStream _stream = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Accept_ARequestWithFramesBehindIt_IsATransportThatReadsThem()
    {
        Task<HandshakeResult> accept = AcceptAsync();
        _stream.Give([.. Encoding.ASCII.GetBytes(HeadSamples.Request(extra: "Sec-WebSocket-Protocol: one\r\n")), .. FrameBytes.Of(Opcode.Text, "early"u8)]);

        HandshakeResult result = await accept.OrFail();
        ReceivedMessage message = await result.Transport!.ReceiveAsync(1024).OrFail();

        Assert.Equal("early", Encoding.ASCII.GetString(message.Payload.ToArray()));
        Assert.Equal(("one", "example.com"), (result.Subprotocol, result.Head!.Single("Host")));
        Assert.StartsWith("HTTP/1.1 101 ", Answer(), StringComparison.Ordinal);
        Assert.False(_stream.IsDisposed);
    }

    [Fact]
    public async Task Accept_ARequestByteByByte_IsATransport()
    {
        Task<HandshakeResult> accept = AcceptAsync();
        foreach (byte value in Encoding.ASCII.GetBytes(HeadSamples.Request()))
        {
            _stream.Give([value]);
        }

        Assert.NotNull((await accept.OrFail()).Transport);
    }

    [Theory]
    [InlineData("400", "POST / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("400", "\u0016\u0003\u0001 this is TLS\n")]
    [InlineData("426", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task Accept_ARefusal_IsAnsweredAndReadUntilTheClientLeaves(string status, string request)
    {
        Task<HandshakeResult> accept = AcceptAsync();
        _stream.Give(Encoding.Latin1.GetBytes(request));
        Assert.StartsWith($"HTTP/1.1 {status} ", Answer(), StringComparison.Ordinal);

        _stream.Give("what it still says"u8);
        Assert.False(accept.IsCompleted); // closed now, it would be a reset that takes the answer with it
        _stream.End();

        Assert.Null((await accept.OrFail()).Transport);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Accept_ARefusalOfOneWhoStays_EndsAfterASecond()
    {
        Task<HandshakeResult> accept = AcceptAsync();
        _stream.Give(new byte[64 * 1024]);
        Assert.StartsWith("HTTP/1.1 431 ", Answer(), StringComparison.Ordinal);

        _time.Advance(HandshakeLimits.Default.DrainTimeout);

        Assert.Null((await accept.OrFail()).Transport);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Accept_BytesThatTrickle_AreCutAtTheDeadline()
    {
        Task<HandshakeResult> accept = AcceptAsync();
        byte[] request = Encoding.ASCII.GetBytes(HeadSamples.Request());
        int seconds = 0;
        while (!_stream.IsDisposed)
        {
            _stream.Give(request.AsSpan(seconds++, 1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(HandshakeLimits.Default.Timeout.TotalSeconds, seconds);
        Assert.Null((await accept.OrFail()).Transport);
        Assert.Empty(_stream.Written);
    }

    [Fact]
    public async Task Accept_AClientThatDoesNotReadTheAnswer_IsCutAtTheDeadline()
    {
        _stream.HoldWrites();
        Task<HandshakeResult> accept = AcceptAsync();
        _stream.Give(Encoding.ASCII.GetBytes(HeadSamples.Request()));

        _time.Advance(HandshakeLimits.Default.Timeout);

        Assert.Null((await accept.OrFail()).Transport);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Accept_AClientThatLeaves_IsNoTransport()
    {
        Task<HandshakeResult> accept = AcceptAsync();
        _stream.Give("GET / HT"u8);

        _stream.End();

        Assert.Null((await accept.OrFail()).Transport);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Accept_GivenUp_IsNoTransport()
    {
        using CancellationTokenSource giveUp = new();
        Task<HandshakeResult> accept = AcceptAsync(giveUp.Token);

        await giveUp.CancelAsync();

        Assert.Null((await accept.OrFail()).Transport);
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Connect_AnAnswerWithFramesBehindIt_IsATransportThatReadsThem()
    {
        ClientHandshake handshake = new(new Uri("http://example.com/ws"), [], []);
        Task<HandshakeResult> connect = StreamHandshake.ConnectAsync(_stream, handshake, HandshakeLimits.Default, _time);
        HttpHead request = new HeadFeed().Give(_stream.Written[0]).Head!;
        _stream.Give([.. ServerHandshake.Answer(request, []).Bytes, .. FrameBytes.Of(Opcode.Text, "early"u8, isMasked: false)]);

        ReceivedMessage message = await (await connect.OrFail()).Transport!.ReceiveAsync(1024).OrFail();

        Assert.Equal("early", Encoding.ASCII.GetString(message.Payload.ToArray()));
    }

    [Theory]
    [InlineData("HTTP/1.1 401 Unauthorized\r\n\r\n")]
    [InlineData("nonsense\n")]
    [InlineData("")]
    public async Task Connect_ARefusalOrNoAnswer_Throws(string answer)
    {
        Task<HandshakeResult> connect = ConnectAsync();
        _stream.Give(Encoding.ASCII.GetBytes(answer));
        _stream.End();

        await Assert.ThrowsAsync<RealtimeProtocolException>(() => connect.OrFail());
        Assert.True(_stream.IsDisposed);
    }

    [Fact]
    public async Task Connect_AServerThatSaysNothing_IsGivenUpAtTheDeadline()
    {
        Task<HandshakeResult> connect = ConnectAsync();

        _time.Advance(HandshakeLimits.Default.Timeout);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect.OrFail());
        Assert.True(_stream.IsDisposed);
    }

    private Task<HandshakeResult> AcceptAsync(CancellationToken cancellationToken = default) =>
        StreamHandshake.AcceptAsync(_stream, static (head, _) => new(ServerHandshake.Answer(head, ["one"])), HandshakeLimits.Default, _time, cancellationToken: cancellationToken);

    private Task<HandshakeResult> ConnectAsync() =>
        StreamHandshake.ConnectAsync(_stream, new ClientHandshake(new Uri("http://example.com/ws"), [], []), HandshakeLimits.Default, _time);

    private string Answer() => Encoding.ASCII.GetString(Assert.Single(_stream.Written));
}
