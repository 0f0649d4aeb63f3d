using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>How a tool call ended.</summary>
[JsonConverter(typeof(ToolStatusConverter))]
public enum ToolStatus
{
    /// <summary>It did what it was called for.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>It did not.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
