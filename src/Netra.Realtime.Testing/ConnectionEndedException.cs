using Netra.Realtime.Protocol;

namespace Netra.Realtime.Testing;

/// <summary>The line ended before what was waited for had come.</summary>
/// <param name="reason">Why it ended.</param>
public sealed class ConnectionEndedException(CloseReason reason)
    : RealtimeException($"The connection has ended with {reason?.Code} ({reason?.Reason}).")
{
    /// <summary>Why it ended, as the server sees it.</summary>
    public CloseReason Reason { get; } = reason ?? throw new ArgumentNullException(nameof(reason));
}
