using System.Buffers;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>How the transport treats its stream and its peer's time. What every transport promises is in the contract tests.</summary>
public sealed class FramedTransportTests
{
    private const int Limit = 1024;

    private readonly FakeStream _stream = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FramedTransport _transport;
    private int _aborts;

    public FramedTransportTests() => _transport = new FramedTransport(_stream, isServer: true, _time, () => _aborts++);

    [Fact]
    public async Task Receive_Idle_HoldsNoBufferBeforeAndAfterAMessage()
    {
        Task<ReceivedMessage> receive = Receive();
        Assert.Equal(0, _stream.WaitsWithBytes);

        _stream.Give(FrameBytes.Of(Opcode.Text, "hello"u8));
        await AssertText("hello", receive);

        _ = Receive();
        Assert.Equal(0, _stream.WaitsWithBytes);
    }

    [Fact]
    public async Task Receive_BetweenFragments_HoldsNoReadBuffer()
    {
        Task<ReceivedMessage> receive = Receive();

        _stream.Give(FrameBytes.Of(Opcode.Text, "one "u8, isFinal: false));
        Assert.Equal(0, _stream.WaitsWithBytes);
        _stream.Give(FrameBytes.Of(Opcode.Continuation, "two"u8));

        await AssertText("one two", receive);
    }

    [Fact]
    public async Task Receive_ManyInOneRead_ComeOneByOne()
    {
        _stream.Give([.. FrameBytes.Of(Opcode.Text, "one"u8), .. FrameBytes.Of(Opcode.Pong, "p"u8), .. FrameBytes.Of(Opcode.Binary, "b"u8), .. FrameBytes.Close(4000)]);

        await AssertText("one", Receive());
        ReceivedMessage pong = await Receive().OrFail();
        Assert.Equal((ReceivedKind.Pong, "p"), (pong.Kind, Encoding.ASCII.GetString(pong.Payload.ToArray())));
        Assert.Equal(ReceivedKind.Binary, (await Receive().OrFail()).Kind);
        Assert.Equal(new ReceivedMessage(ReceivedKind.Close, default, 4000), await Receive().OrFail());
    }

    [Fact]
    public async Task Receive_DataAfterTheClose_IsIgnored()
    {
        _stream.Give([.. FrameBytes.Close(1000), .. FrameBytes.Of(Opcode.Text, "late"u8), .. FrameBytes.Of(Opcode.Ping, "late"u8)]);

        Assert.Equal(ReceivedKind.Close, (await Receive().OrFail()).Kind);
        Assert.Equal(ReceivedKind.Ended, (await Receive().OrFail()).Kind);
        await _transport.DrainAsync().OrFail();
        Assert.Empty(_stream.Written);
    }

    [Fact]
    public async Task Receive_AViolationBehindAMessage_MessageComesFirst()
    {
        _stream.Give([.. FrameBytes.Of(Opcode.Text, "good"u8), .. FrameBytes.Of(Opcode.Text, [0xff])]);

        await AssertText("good", Receive());
        await AssertViolation(CloseReason.InvalidUtf8, Receive);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Receive_WhatCameBehindTheHandshake_IsReadFirst(int cut)
    {
        byte[] bytes = FrameBytes.Of(Opcode.Text, "early"u8);
        await using FramedTransport transport = new(_stream, isServer: true, _time, null, FramingLimits.Default, bytes.AsSpan(0, bytes.Length - cut));
        Assert.Equal(bytes.Length - cut, transport.ReceivedBytes);

        Task<ReceivedMessage> receive = transport.ReceiveAsync(Limit).AsTask();
        _stream.Give(bytes.AsSpan(bytes.Length - cut));

        await AssertText("early", receive);
    }

    [Fact]
    public async Task ReceivedBytes_OfAnUnfinishedFrame_Count()
    {
        byte[] frame = FrameBytes.Of(Opcode.Text, new byte[500]);
        Task<ReceivedMessage> receive = Receive();
        for (int i = 0; i < frame.Length; i++)
        {
            Assert.Equal(i, _transport.ReceivedBytes);
            _stream.Give(frame.AsSpan(i, 1));
        }

        Assert.Equal(frame.Length, _transport.ReceivedBytes);
        await receive.OrFail();
    }

    [Fact]
    public async Task Write_ABatch_IsOneWrite()
    {
        await _transport.WriteAsync(BatchOf("one", "two", new string('x', 300))).OrFail();

        byte[] expected =
        [
            .. FrameBytes.Of(Opcode.Text, "one"u8, isMasked: false),
            .. FrameBytes.Of(Opcode.Text, "two"u8, isMasked: false),
            .. FrameBytes.Of(Opcode.Text, Encoding.ASCII.GetBytes(new string('x', 300)), isMasked: false),
        ];
        Assert.Equal(expected, Assert.Single(_stream.Written));
    }

    [Fact]
    public async Task Write_NoMessage_WritesNothing()
    {
        await _transport.WriteAsync(new MessageBatch()).OrFail();

        Assert.Empty(_stream.Written);
    }

    [Fact]
    public async Task Ping_OfOurs_IsAFrameWithItsPayload()
    {
        await _transport.PingAsync("17"u8.ToArray()).OrFail();

        Assert.Equal(FrameBytes.Of(Opcode.Ping, "17"u8, isMasked: false), Assert.Single(_stream.Written));
    }

    [Fact]
    public async Task Ping_PayloadIsTooLong_Throws()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _transport.PingAsync(new byte[126]).OrFail());
    }

    [Fact]
    public async Task Client_Writes_AreMasked()
    {
        await using FramedTransport client = new(_stream, isServer: false, _time);

        await client.WriteAsync(BatchOf("one", "two")).OrFail();
        await client.PingAsync("p"u8.ToArray()).OrFail();
        Task<ReceivedMessage> receive = client.ReceiveAsync(Limit).AsTask();
        _stream.Give(FrameBytes.Of(Opcode.Ping, "q"u8, isMasked: false));
        await client.CloseAsync(1000, "").OrFail();

        Assert.Equal(["Text one", "Text two", "Ping p", "Pong q", "Close 1000"], FrameFeed.Read([.. _stream.Written]));
        Assert.False(receive.IsCompleted);
    }

    [Fact]
    public async Task Close_EachCode_IsWrittenOrRefused()
    {
        for (int code = -1; code <= 65_536; code++)
        {
            bool isLegal = code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
            FakeStream stream = new();
            await using FramedTransport transport = new(stream, isServer: true, _time);

            Exception? thrown = await Record.ExceptionAsync(() => transport.CloseAsync(code, "why").AsTask());

            Assert.Equal(isLegal ? null : typeof(ArgumentOutOfRangeException), thrown?.GetType());
            Assert.Equal(isLegal ? [FrameBytes.Close(code, "why"u8, isMasked: false)] : [], stream.Written);
        }
    }

    [Fact]
    public async Task Close_Said_NothingIsWrittenAfterIt()
    {
        _ = Receive();
        await _transport.CloseAsync(1000, "bye").OrFail();

        await _transport.CloseAsync(1001, "again").OrFail();
        _stream.Give(FrameBytes.Of(Opcode.Ping, "p"u8));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _transport.WriteAsync(BatchOf("late")).OrFail());

        Assert.Single(_stream.Written);
    }

    [Fact]
    public async Task Receive_TooManyPingsAndPongs_AreAViolation()
    {
        byte[] pings = [.. Enumerable.Range(0, 64).SelectMany(_ => FrameBytes.Of(Opcode.Ping, "p"u8).Concat(FrameBytes.Of(Opcode.Ping, ""u8)))];
        Task<ReceivedMessage> receive = Receive();
        _stream.Give(pings);
        Assert.Equal(128, _stream.Written.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 16; i++)
        {
            _stream.Give(FrameBytes.Of(Opcode.Ping, "p"u8));
        }

        Assert.False(receive.IsCompleted);
        _stream.Give(FrameBytes.Of(Opcode.Pong, "p"u8));

        await AssertViolation(CloseReason.PolicyViolation, () => receive);
    }

    [Fact]
    public async Task Receive_SteadyState_AllocatesNothing()
    {
        await using FramedTransport transport = new(_stream, isServer: true, TimeProvider.System); // no time passes; the timers of the fake allocate
        byte[] frame = FrameBytes.Of(Opcode.Text, new byte[300]);
        long length = 0;
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            length += LengthOf(transport.ReceiveAsync(Limit), frame, cut: round % 2 * 100);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // In a debug build every async method makes an object of its own; a buffer or a task would still show.
        bool isDebug = typeof(FramedTransport).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };
        Assert.InRange(allocated, 0, isDebug ? 100 * 400 : 0);
        Assert.Equal(200 * 300, length);
    }

    [Fact]
    public async Task Write_SteadyState_AllocatesNothing()
    {
        await using FramedTransport transport = new(new FakeStream { Discards = true }, isServer: true, _time);
        MessageBatch batch = new();
        long before = 0;
        bool isCompleted = true;
        for (int round = 0; round < 200; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            batch.Clear();
            batch.Add("one"u8);
            batch.Add("two"u8);
            isCompleted &= IsDone(transport.WriteAsync(batch));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(isCompleted);
    }

    [Fact]
    public async Task Abort_Again_AbortsOnce()
    {
        _transport.Abort();
        _transport.Abort();
        await _transport.DisposeAsync();

        Assert.Equal((1, true), (_aborts, _stream.IsDisposed));
    }

    [Fact]
    public async Task Dispose_InOrder_DoesNotAbort()
    {
        await _transport.DisposeAsync();
        _transport.Abort();

        Assert.Equal((0, true), (_aborts, _stream.IsDisposed));
    }

    private static bool IsDone(ValueTask write) => write.IsCompletedSuccessfully;

    private static async Task AssertText(string expected, Task<ReceivedMessage> receive)
    {
        ReceivedMessage message = await receive.OrFail();
        Assert.Equal((ReceivedKind.Text, expected), (message.Kind, Encoding.UTF8.GetString(message.Payload.ToArray())));
    }

    private static async Task AssertViolation(CloseReason expected, Func<Task<ReceivedMessage>> receive) =>
        Assert.Equal(expected, (await Assert.ThrowsAsync<RealtimeProtocolException>(() => receive().OrFail())).CloseReason);

    private static MessageBatch BatchOf(params string[] messages)
    {
        MessageBatch batch = new();
        foreach (string message in messages)
        {
            batch.Add(Encoding.UTF8.GetBytes(message));
        }

        return batch;
    }

    // What waits goes on, and ends, inside Give.
    private long LengthOf(ValueTask<ReceivedMessage> receive, byte[] frame, int cut)
    {
        _stream.Give(frame.AsSpan(0, cut));
        _stream.Give(frame.AsSpan(cut));
        return receive.IsCompletedSuccessfully ? receive.GetAwaiter().GetResult().Payload.Length : throw new InvalidOperationException("It still waits.");
    }

    private Task<ReceivedMessage> Receive() => _transport.ReceiveAsync(Limit).AsTask();
}
