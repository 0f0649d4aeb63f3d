using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>What every target sends: whom it is for, which one it is for him, and when it was sent.</summary>
/// <remarks>One small object per event, serialized by each target through the same generated type info: what an application does.</remarks>
internal sealed record Payload(
    [property: JsonPropertyName("to")] string To,
    [property: JsonPropertyName("n")] long N,
    [property: JsonPropertyName("sent_ns")] long SentNs,
    [property: JsonPropertyName("filler")] string Filler)
{
    /// <summary>Everything of the JSON but the values.</summary>
    private const int Envelope = 37;

    private const int MaxFiller = 4_096;

    // Each built when it is first needed, and there are few, so that filling costs an event nothing.
    private static readonly string?[] Fillers = new string?[MaxFiller + 1];

    /// <summary>A payload of exactly that many bytes of JSON, if the stamps fit.</summary>
    public static Payload Create(string to, long n, int size)
    {
        long now = Stopwatch.GetTimestamp();
        return new Payload(to, n, now, Fill(size - Envelope - to.Length - Digits(n) - Digits(now)));
    }

    /// <summary>The same stamps as plain text, which survive that deltas are joined.</summary>
    public static string Delta(string to, long n, int size)
    {
        long now = Stopwatch.GetTimestamp();
        int filler = size - 16 - to.Length - Digits(n) - Digits(now);
        return $"to={to};n={n};sent_ns={now};{Fill(filler)}";
    }

    private static string Fill(int length) => length > MaxFiller ? new string('x', length) : Fillers[Math.Max(0, length)] ??= new string('x', Math.Max(0, length));

    private static int Digits(long value)
    {
        int digits = 1;
        for (; value >= 10; value /= 10)
        {
            digits++;
        }

        return digits;
    }
}

internal sealed record Delta([property: JsonPropertyName("delta")] string Text);

internal sealed record Envelope<T>([property: JsonPropertyName("type")] string Type, [property: JsonPropertyName("payload")] T Payload);

[JsonSerializable(typeof(Payload))]
[JsonSerializable(typeof(Delta))]
[JsonSerializable(typeof(Envelope<Payload>))]
[JsonSerializable(typeof(Envelope<Delta>))]
internal sealed partial class PayloadJson : JsonSerializerContext;
