using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>What the application does when a connection has ended.</summary>
internal sealed record DisconnectedHook(Func<ConnectionInfo, CloseReason, IServiceProvider, Task> Call);
