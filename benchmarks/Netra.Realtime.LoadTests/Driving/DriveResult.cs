using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What one measured run came to; on the wire one line of JSON.</summary>
internal sealed record DriveResult
{
    public required string Target { get; init; }

    public required string Workload { get; init; }

    public long Expected { get; init; }

    public long Received { get; init; }

    /// <summary>Why the run proves nothing; null when all came, once, in order, to whom it was for.</summary>
    public string? Fault { get; init; }

    public double Seconds { get; init; }

    public double ServerCpuSeconds { get; init; }

    public double DriverCpuSeconds { get; init; }

    public double P50Ms { get; init; }

    public double P99Ms { get; init; }

    public double AllocPerEvent { get; init; }

    /// <summary>The share of deltas that came in an event with others.</summary>
    public double CoalescedShare { get; init; }

    public long ServerAnonymousKiB { get; init; }

    public double MicrosPerMessage => ServerCpuSeconds * 1e6 / Math.Max(1, Expected);

    public double DriverShare => DriverCpuSeconds / Math.Max(1e-9, Seconds);

    [JsonIgnore]
    public bool IsSound => Fault is null;

    public string ToJson() => JsonSerializer.Serialize(this, DriveJson.Default.DriveResult);

    public static DriveResult FromJson(string json) =>
        JsonSerializer.Deserialize(json, DriveJson.Default.DriveResult) ?? throw new InvalidDataException("The driver said nothing.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DriveResult))]
internal sealed partial class DriveJson : JsonSerializerContext;
