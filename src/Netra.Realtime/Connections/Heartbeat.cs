using System.Buffers;
using System.Buffers.Binary;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Connections;

/// <summary>What is known of the life of one peer: when it last gave a sign, and which ping stands unanswered.</summary>
/// <remarks>
/// The reader, the writer and the heartbeat engine write it, each its own part, and nobody waits: what they share is single numbers.
/// Of two that note a sign of life at once, the later time stands; at worst the same sign is noted twice, which is a look later.
/// </remarks>
internal sealed class Heartbeat(IWebSocketTransport transport, HeartbeatClock clock, RealtimeMetrics metrics)
{
    private const int PingBytes = sizeof(long);

    // A flush that waits so long waits for the peer to read, and not merely for another thread: its end is the peer's doing.
    private static readonly TimeSpan WaitsForPeer = TimeSpan.FromMilliseconds(100);

    // Any thread.
    private long _lifeTicks = clock.Now.Ticks;
    private long _signsNoted;

    // The writer, one at a time.
    private long _flushesWaitedFor;
    private TimeSpan _flushBegan;
    private long _pingNumber;
    private long _pingedTicks;

    // The reader.
    private long _pongNumber;

    /// <summary>How well the peer has answered.</summary>
    public HealthScore Score { get; } = new();

    /// <summary>How long its answers took.</summary>
    public RoundTripTimes RoundTrips { get; } = new();

    /// <summary>When the peer last gave a sign of life.</summary>
    public TimeSpan LifeAt => TimeSpan.FromTicks(Volatile.Read(ref _lifeTicks));

    /// <summary>For how long it has given none, by what is to be seen now.</summary>
    public TimeSpan SilentFor
    {
        get
        {
            Look();
            return clock.Now - LifeAt;
        }
    }

    /// <summary>Changes with any inbound byte, and with the end of a flush that waited for the peer.</summary>
    public long Signs => transport.ReceivedBytes + Volatile.Read(ref _flushesWaitedFor);

    /// <summary>How many pings were written: less than were asked for while a flush hangs.</summary>
    public long Pings => Volatile.Read(ref _pingNumber);

    /// <summary>Where the connection is in the wheel, which guards it.</summary>
    public int Slot { get; set; }

    // What follows is the engine's.

    /// <summary>When the next ping is due; at the first look, at once.</summary>
    public TimeSpan NextPing { get; set; }

    /// <summary>When the peer is given up, if it stays silent.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary><see cref="Signs"/> when the first ping since the last sign was asked for.</summary>
    public long SignsWhenAsked { get; set; } = -1;

    /// <summary>It was asked, and nothing has come since. Who was not asked is not silent.</summary>
    public bool IsSilent => Signs == SignsWhenAsked;

    /// <summary><see cref="Pings"/> when the last ping was asked for.</summary>
    public long PingsWhenAsked { get; set; }

    /// <summary>How many pings in a row nothing has come after.</summary>
    public int Missed { get; set; }

    public HealthState State { get; set; }

    /// <summary>Notes a sign of life, if there was one since the last was noted.</summary>
    public void Look()
    {
        long signs = Signs;
        if (Volatile.Read(ref _signsNoted) == signs)
        {
            return;
        }

        long now = clock.Now.Ticks;
        long before = Volatile.Read(ref _lifeTicks);
        while (before < now)
        {
            long found = Interlocked.CompareExchange(ref _lifeTicks, now, before);
            if (found == before)
            {
                break;
            }

            before = found;
        }

        Volatile.Write(ref _signsNoted, signs); // behind the time, so that whoever finds the sign noted finds when
    }

    /// <summary>Something has come. A pong that does not answer the last ping, be it stale or not asked for, is life and no answer.</summary>
    public void Received(in ReceivedMessage message)
    {
        Look();
        if (message.Kind != ReceivedKind.Pong || message.Payload.Length != PingBytes)
        {
            return;
        }

        Span<byte> payload = stackalloc byte[PingBytes];
        message.Payload.CopyTo(payload);
        long number = BinaryPrimitives.ReadInt64BigEndian(payload);
        if (number == Pings && number != _pongNumber)
        {
            _pongNumber = number;
            TimeSpan roundTrip = clock.NowWithPauses - TimeSpan.FromTicks(Volatile.Read(ref _pingedTicks));
            Score.Answered();
            RoundTrips.Add(roundTrip);
            metrics.PongReceived(roundTrip);
        }
    }

    /// <summary>The next ping, which is about to be written.</summary>
    /// <returns>What it carries: its number, by which its answer is known.</returns>
    public ReadOnlyMemory<byte> NextPayload()
    {
        byte[] payload = new byte[PingBytes];
        BinaryPrimitives.WriteInt64BigEndian(payload, _pingNumber + 1);
        Volatile.Write(ref _pingedTicks, clock.NowWithPauses.Ticks);
        Volatile.Write(ref _pingNumber, _pingNumber + 1);
        metrics.PingSent();
        return payload;
    }

    public void FlushPending() => _flushBegan = clock.Now;

    public void FlushEnded()
    {
        if (clock.Now - _flushBegan >= WaitsForPeer)
        {
            Volatile.Write(ref _flushesWaitedFor, _flushesWaitedFor + 1);
            Look();
        }
    }
}
