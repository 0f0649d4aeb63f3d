using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <summary>A message was not answered, because there is no connection or it ended before the answer came.</summary>
public sealed class ConnectionLostException : RealtimeException
{
    internal ConnectionLostException(bool mayHaveArrived)
        : base(mayHaveArrived ? "The connection ended before the answer came." : "There is no connection to send on.") => MayHaveArrived = mayHaveArrived;

    /// <summary>Whether the server may have handled the message; false when it was never sent.</summary>
    public bool MayHaveArrived { get; }
}
