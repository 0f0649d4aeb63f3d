namespace Netra.Realtime.Protocol;

/// <summary>A peer sent what the protocol does not allow.</summary>
public sealed class RealtimeProtocolException : RealtimeException
{
    /// <summary>Makes an exception for a message that cannot be read (1002).</summary>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public RealtimeProtocolException(string message, Exception? innerException)
        : this(CloseReason.ProtocolError, message, innerException)
    {
    }

    /// <summary>Makes an exception that says with what code the connection has to be closed.</summary>
    /// <param name="reason">The close reason.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public RealtimeProtocolException(CloseReason reason, string message, Exception? innerException)
        : base(message, innerException) => CloseReason = reason;

    /// <summary>With what the connection is closed.</summary>
    public CloseReason CloseReason { get; }
}
