using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Serializers generated at compile time: no reflection, so trimming and AOT are safe.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, MaxDepth = ServerMessageReader.MaxDepth)]
[JsonSerializable(typeof(AgentStarted))]
[JsonSerializable(typeof(AgentThinking))]
[JsonSerializable(typeof(AgentResponding))]
[JsonSerializable(typeof(ToolExecuting))]
[JsonSerializable(typeof(ToolProgress))]
[JsonSerializable(typeof(ToolCompleted))]
[JsonSerializable(typeof(AgentCompleted))]
[JsonSerializable(typeof(AgentFailed))]
[JsonSerializable(typeof(WelcomeMessage))]
[JsonSerializable(typeof(ResetMessage))]
[JsonSerializable(typeof(ReplyMessage))]
[JsonSerializable(typeof(ErrorMessage))]
[JsonSerializable(typeof(PongMessage))]
[JsonSerializable(typeof(CursorMessage))]
[JsonSerializable(typeof(GoAwayMessage))]
[JsonSerializable(typeof(EventEnvelope))]
internal sealed partial class ProtocolJsonContext : JsonSerializerContext;
