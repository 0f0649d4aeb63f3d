using System.Net;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>How a connection, or the attempt to have one, ended.</summary>
/// <param name="Reason">The close that came; 1006 where none did.</param>
internal sealed record ConnectionEnd(CloseReason Reason)
{
    /// <summary>The answer to the handshake, when it was a refusal.</summary>
    public HttpStatusCode? HttpStatus { get; init; }

    /// <summary>What the server asked for, by <c>Retry-After</c> or <c>goaway</c>.</summary>
    public TimeSpan NotSooner { get; init; }

    /// <summary>Since the welcome; null when none came.</summary>
    public TimeSpan? LivedFor { get; init; }

    /// <summary>Whether the attempt may have reached the server without anything of it having come back: it may still be handled there, later.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>Whether no other attempt would do better.</summary>
    public bool IsFinal { get; init; }

    /// <summary>What failed, if anything did.</summary>
    public Exception? Cause { get; init; }

    public static ConnectionEnd Lost(Exception? cause) => new(CloseReason.Abnormal) { Cause = cause };
}
