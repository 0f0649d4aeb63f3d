using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>Handles one message of a client. What it throws is logged and answered with <c>internal</c>.</summary>
internal delegate Task ClientMessageHandler(ApplicationMessage message, ClientMessageContext context);
