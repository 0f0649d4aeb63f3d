using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What one measured run came to; on the wire one line of JSON.</summary>
internal sealed record DriveResult
{
    public required string Target { get; init; }

    public required string Workload { get; init; }

    /// <summary>Why the run proves nothing; null when all came, once, in order, to whom it was for.</summary>
    public string? Fault { get; init; }

    /// <summary>What was to come, or to be done.</summary>
    public long Expected { get; init; }

    public long Received { get; init; }

    /// <summary>By their names in <see cref="Figure"/>; those that the workload has.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    [JsonIgnore]
    public bool IsSound => Fault is null;

    public double? this[string figure] => Figures.TryGetValue(figure, out double value) ? value : null;

    public string ToJson() => JsonSerializer.Serialize(this, DriveJson.Default.DriveResult);

    public static DriveResult FromJson(string json) =>
        JsonSerializer.Deserialize(json, DriveJson.Default.DriveResult) ?? throw new InvalidDataException("The driver said nothing.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DriveResult))]
internal sealed partial class DriveJson : JsonSerializerContext;
