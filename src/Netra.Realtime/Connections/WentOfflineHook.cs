using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>What the application does when a user has been without connections for the grace time.</summary>
internal sealed record WentOfflineHook(Func<UserId, IServiceProvider, Task> Call);
