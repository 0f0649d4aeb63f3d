using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Peers that never stop: how soon they are answered, and that memory does not grow with them.</summary>
public sealed class FloodTests
{
    private const int Limit = 32 * 1024;
    private const int MostBytes = 512 * 1024; // of a debug build, whose every await allocates; what was sent would be more than ten times that

    private readonly FakeStream _stream = new() { Discards = true };
    private readonly FramedTransport _transport;

    public FloodTests() => _transport = new FramedTransport(_stream, isServer: true, new FakeTimeProvider());

    /// <summary>What begins, what follows without end, how often at most, and the answer.</summary>
    public static TheoryData<string, byte[], byte[], int, int> Floods { get; } = new()
    {
        { "empty fragments", Begin(), FrameBytes.Of(Opcode.Continuation, [], isFinal: false), 128, 1008 },
        { "fragments of one byte", Begin(), FrameBytes.Of(Opcode.Continuation, "x"u8, isFinal: false), 128, 1008 },
        { "fragments of 1 KiB", Begin(), FrameBytes.Of(Opcode.Continuation, Letters(1024), isFinal: false), 33, 1009 },
        { "pings", [], FrameBytes.Of(Opcode.Ping, Letters(125)), 129, 1008 },
        { "pongs", [], FrameBytes.Of(Opcode.Pong, Letters(125)), 129, 1008 },
        { "pings inside a message", Begin(), FrameBytes.Of(Opcode.Ping, []), 129, 1008 },
        {
            "pings, messages and fragments", [],
            [.. FrameBytes.Of(Opcode.Ping, "p"u8), .. FrameBytes.Of(Opcode.Text, Letters(100)), .. Begin(), .. FrameBytes.Of(Opcode.Pong, []), .. FrameBytes.Of(Opcode.Continuation, "x"u8)],
            65, 1008
        },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public void Receive_AFlood_IsAViolationInTimeAndMemoryDoesNotGrow(string what, byte[] begin, byte[] repeated, int most, int code)
    {
        Task<ReceivedMessage> receive = _transport.ReceiveAsync(Limit).AsTask();
        _stream.Give(begin);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int given = 0;
        while (!receive.IsFaulted && given < 100_000)
        {
            _stream.Give(repeated);
            given++;
            while (receive.IsCompletedSuccessfully)
            {
                receive = _transport.ReceiveAsync(Limit).AsTask();
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        Assert.True(given == most, $"{what}: {given}");
        Assert.Equal(code, Assert.IsType<RealtimeProtocolException>(receive.Exception?.InnerException).CloseReason.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Receive_ALargeFrameThatIsOnlyDeclared_TakesMemoryForWhatHasCome(int bytes)
    {
        const int Declared = 16 * 1024 * 1024;
        Task<ReceivedMessage> receive = _transport.ReceiveAsync(Declared).AsTask();
        byte[] begun = [.. FrameBytes.Header(Opcode.Text, Declared), .. FrameBytes.Mask(Letters(bytes))];
        long before = GC.GetAllocatedBytesForCurrentThread();

        _stream.Give(begun);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.False(receive.IsCompleted);
    }

    private static byte[] Begin() => FrameBytes.Of(Opcode.Text, [], isFinal: false);

    private static byte[] Letters(int length) => [.. Enumerable.Repeat((byte)'x', length)];
}
