using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>What every target sends: whom it is for, which one it is for him, and when it was sent.</summary>
public sealed record Payload(
    [property: JsonPropertyName("to")] string To,
    [property: JsonPropertyName("n")] long N,
    [property: JsonPropertyName("sent_ns")] long SentNs,
    [property: JsonPropertyName("filler")] string Filler)
{
    private const int Envelope = 42;

    public static Payload Create(string to, long n, int size)
    {
        long now = Stopwatch.GetTimestamp();
        int used = Envelope + to.Length + Digits(n) + Digits(now);
        return new Payload(to, n, now, Fill(size - used));
    }

    /// <summary>The same stamps as plain text, which survive that deltas are joined.</summary>
    public static string Delta(string to, long n, int size)
    {
        string stamp = $"to={to};n={n};sent_ns={Stopwatch.GetTimestamp()};";
        return stamp.Length >= size ? stamp : stamp + Fill(size - stamp.Length);
    }

    private static readonly string[] Fillers = [.. Enumerable.Range(0, 4096).Select(n => new string('x', n))];

    private static string Fill(int length) => length <= 0 ? "" : length < Fillers.Length ? Fillers[length] : new string('x', length);

    private static int Digits(long value) => value < 10 ? 1 : (int)Math.Floor(Math.Log10(value)) + 1;
}

public sealed record Delta([property: JsonPropertyName("delta")] string Text);

public sealed record Envelope<T>([property: JsonPropertyName("type")] string Type, [property: JsonPropertyName("payload")] T Payload);

[JsonSerializable(typeof(Payload))]
[JsonSerializable(typeof(Delta))]
[JsonSerializable(typeof(Envelope<Payload>))]
[JsonSerializable(typeof(Envelope<Delta>))]
public sealed partial class PayloadJson : JsonSerializerContext;
