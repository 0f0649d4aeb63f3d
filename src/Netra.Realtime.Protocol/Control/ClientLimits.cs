using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>What a client may send, in <c>welcome.limits</c>.</summary>
/// <param name="MaxMessageBytes">The largest message, in bytes.</param>
/// <param name="MessagesPerSecond">The lasting rate of messages.</param>
public sealed record ClientLimits(
    [property: JsonPropertyName("max_message_bytes")] int MaxMessageBytes,
    [property: JsonPropertyName("messages_per_second")] int MessagesPerSecond);
