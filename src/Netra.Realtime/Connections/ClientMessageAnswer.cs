using System.Runtime.InteropServices;
using System.Text.Json;

namespace Netra.Realtime.Connections;

/// <summary>What a handler answers: a refusal, or a reply with or without data.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ClientMessageAnswer(JsonElement? Data = null, string? RefusalCode = null, string? RefusalMessage = null);
