using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Netra.Realtime.Protocol;

/// <summary>Writes the envelope of an event in the pieces that a log needs: what is known before the event has a number, and the number.</summary>
/// <remarks>
/// An event is <c>{"id":"…"</c>, then <c>,"type":"…","ts":"…"</c>, then its identity, then <c>,"payload":…}</c>. The id comes first,
/// so everything after it can be encoded outside a lock and is the same for every reader. Safe to call concurrently.
/// </remarks>
public static class EventEnvelopeWriter
{
    /// <summary>The room that the id needs in front of an event, in bytes.</summary>
    public const int IdRoomBytes = 7 + EventId.MaxBytes + 1;

    /// <summary>The length of <c>,"ts":"2026-11-23T10:15:30.123Z"</c> in bytes.</summary>
    public const int TimestampBytes = 6 + 1 + 24 + 1;

    /// <summary>The room that <c>,"first":"…"</c> needs at most, in bytes.</summary>
    public const int FirstRoomBytes = 9 + 1 + EventId.MaxBytes + 1;

    /// <summary>Writes <c>{"id":"…"</c> so that it ends where the room ends.</summary>
    /// <param name="room">At least <see cref="IdRoomBytes"/> long.</param>
    /// <param name="id">The id.</param>
    /// <returns>The offset at which the text begins.</returns>
    public static int WriteIdRightAligned(Span<byte> room, EventId id)
    {
        Span<byte> text = stackalloc byte[EventId.MaxBytes];
        int length = id.Format(text);
        int start = room.Length - (7 + length + 1);
        "{\"id\":\""u8.CopyTo(room[start..]);
        text[..length].CopyTo(room[(start + 7)..]);
        room[^1] = (byte)'"';
        return start;
    }

    /// <summary>Writes <c>,"first":"…"</c>.</summary>
    /// <param name="destination">At least <see cref="FirstRoomBytes"/> long.</param>
    /// <param name="first">The first id that the event covers.</param>
    /// <returns>How many bytes were written.</returns>
    public static int WriteFirst(Span<byte> destination, EventId first)
    {
        ",\"first\":\""u8.CopyTo(destination);
        int written = 10 + first.Format(destination[10..]);
        destination[written] = (byte)'"';
        return written + 1;
    }

    /// <summary>Writes <c>,"ts":"…"</c>: UTC with milliseconds.</summary>
    /// <param name="destination">At least <see cref="TimestampBytes"/> long.</param>
    /// <param name="timestamp">The time.</param>
    /// <returns>How many bytes were written: always <see cref="TimestampBytes"/>.</returns>
    public static int WriteTimestamp(Span<byte> destination, DateTimeOffset timestamp)
    {
        // By hand: a format string costs more than the rest of the envelope.
        ",\"ts\":\"0000-00-00T00:00:00.000Z\""u8.CopyTo(destination);
        timestamp.UtcDateTime.Deconstruct(out DateOnly date, out TimeOnly time);
        (int year, int month, int day) = date;
        WriteDigits(destination.Slice(7, 4), year);
        WriteDigits(destination.Slice(12, 2), month);
        WriteDigits(destination.Slice(15, 2), day);
        WriteDigits(destination.Slice(18, 2), time.Hour);
        WriteDigits(destination.Slice(21, 2), time.Minute);
        WriteDigits(destination.Slice(24, 2), time.Second);
        WriteDigits(destination.Slice(27, 3), time.Millisecond);
        return TimestampBytes;
    }

    /// <summary>Encodes <c>,"type":"…"</c>.</summary>
    /// <param name="type">The type, as <see cref="EventTypes"/> allows it.</param>
    /// <returns>The bytes; worth keeping for a type that is used often.</returns>
    public static byte[] EncodeType(string type) => Encoding.UTF8.GetBytes($",\"type\":\"{type}\"");

    /// <summary>Encodes what does not change within a run: <c>,"thread_id":…,"run_id":…,"agent":…,"room":…</c>, each only where there is one.</summary>
    /// <param name="thread">The thread, or null.</param>
    /// <param name="run">The run, or null.</param>
    /// <param name="agent">The name of the agent, or null.</param>
    /// <param name="room">The room, or null.</param>
    /// <returns>The bytes; made once a run.</returns>
    public static byte[] EncodeIdentity(ThreadId? thread, RunId? run, string? agent, RoomId? room)
    {
        StringBuilder text = new();
        Append(text, "thread_id", thread?.Value);
        Append(text, "run_id", run?.Value);
        Append(text, "agent", agent);
        Append(text, "room", room?.Value);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void WriteDigits(Span<byte> digits, int value)
    {
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(",\"").Append(name).Append("\":\"")
                .Append(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value).Append('"');
        }
    }
}
