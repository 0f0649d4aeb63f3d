using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The numbers of the heartbeat, in <c>welcome.heartbeat</c>.</summary>
/// <param name="IntervalMs">Between two pings, in milliseconds.</param>
/// <param name="TimeoutMs">Without any sign of life, in milliseconds.</param>
public sealed record HeartbeatSettings(
    [property: JsonPropertyName("interval_ms")] long IntervalMs,
    [property: JsonPropertyName("timeout_ms")] long TimeoutMs);
