using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Netra.Realtime.Protocol;

/// <summary>Reads what a server sends, for clients and tests. Safe to call concurrently.</summary>
public static class ServerMessageReader
{
    // An emitter writes 128 levels below the envelope; a peer that nests deeper is no server of ours.
    internal const int MaxDepth = 256;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>Reads one message.</summary>
    /// <param name="utf8">The whole message; not kept.</param>
    /// <returns>The message; an event of a type that this version does not know is a <see cref="CustomEvent"/>; null for an
    /// unknown control message, which a client ignores.</returns>
    /// <exception cref="RealtimeProtocolException">It is not a message of this protocol.</exception>
    public static ServerMessage? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            JsonElement message = JsonElement.Parse(utf8, Options);
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw new RealtimeProtocolException("A message is a JSON object.", null);
            }

            ProtocolJsonContext json = ProtocolJsonContext.Default;
            if (message.TryGetProperty("ts"u8, out _))
            {
                return ReadEvent(message.Deserialize(json.EventEnvelope)!); // an object never deserializes to null
            }

            string? type = message.TryGetProperty("type"u8, out JsonElement name) ? name.GetString() : null;
            return type switch
            {
                null => throw new RealtimeProtocolException("A message has a type.", null),
                "welcome" => Whole(message.Deserialize(json.WelcomeMessage)!), // an object never deserializes to null
                "reset" => message.Deserialize(json.ResetMessage),
                "reply" => message.Deserialize(json.ReplyMessage),
                "error" => message.Deserialize(json.ErrorMessage),
                "pong" => message.Deserialize(json.PongMessage),
                "cursor" => message.Deserialize(json.CursorMessage),
                "goaway" => message.Deserialize(json.GoAwayMessage),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RealtimeProtocolException("The message is not one of this protocol.", e);
        }
    }

    // The serializer keeps null out of properties, not out of lists.
    private static WelcomeMessage Whole(WelcomeMessage message) => message.OpenRuns.Contains(null!)
        ? throw new RealtimeProtocolException("An open run is a JSON object.", null)
        : message;

    private static AgentEvent ReadEvent(EventEnvelope envelope)
    {
        ProtocolJsonContext json = ProtocolJsonContext.Default;
        AgentEvent payload = envelope.Type switch
        {
            EventTypes.AgentStarted => Payload(envelope, json.AgentStarted),
            EventTypes.AgentThinking => Payload(envelope, json.AgentThinking),
            EventTypes.AgentResponding => Payload(envelope, json.AgentResponding),
            EventTypes.ToolExecuting => Payload(envelope, json.ToolExecuting),
            EventTypes.ToolProgress => Payload(envelope, json.ToolProgress),
            EventTypes.ToolCompleted => Payload(envelope, json.ToolCompleted),
            EventTypes.AgentCompleted => Payload(envelope, json.AgentCompleted),
            EventTypes.AgentFailed => Payload(envelope, json.AgentFailed),
            _ => new CustomEvent(envelope.Type) { Payload = envelope.Payload },
        };
        return payload with
        {
            Id = envelope.Id,
            First = envelope.First,
            Timestamp = envelope.Timestamp,
            ThreadId = envelope.ThreadId,
            RunId = envelope.RunId,
            Agent = envelope.Agent,
            Room = envelope.Room,
            Truncated = envelope.Truncated,
        };
    }

    private static T Payload<T>(EventEnvelope envelope, JsonTypeInfo<T> type)
        where T : AgentEvent =>
        envelope.Payload.ValueKind == JsonValueKind.Object
            ? envelope.Payload.Deserialize(type)! // an object never deserializes to null
            : throw new RealtimeProtocolException("A payload is a JSON object.", null);
}
