namespace Netra.Realtime.Connections;

/// <summary>What the application does when somebody has connected.</summary>
internal sealed record ConnectedHook(Func<ConnectionInfo, IServiceProvider, Task> Call);
