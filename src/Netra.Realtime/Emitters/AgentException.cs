using Netra.Realtime.Protocol;

namespace Netra.Realtime.Emitters;

/// <summary>What an agent or a tool throws to choose the words that its user sees. Of any other exception nothing is shown.</summary>
public sealed class AgentException : RealtimeException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="code">A short name for programs.</param>
    /// <param name="message">A sentence for the user; shown, cut to 300 units.</param>
    /// <param name="innerException">What caused it; logged, never shown.</param>
    public AgentException(string code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentException.ThrowIfNullOrEmpty(code);
        Code = code;
    }

    /// <summary>A short name for programs.</summary>
    public string Code { get; }
}
