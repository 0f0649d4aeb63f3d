namespace Netra.Realtime.Protocol;

/// <summary>The base of what this library throws when something other than the caller is at fault.</summary>
public abstract class RealtimeException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it, or null.</param>
    protected RealtimeException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
