namespace Netra.Realtime.Sessions;

/// <summary>What is known of a client's having handled an event.</summary>
public enum AcknowledgementOutcome
{
    /// <summary>A client that the event was sent to said that it has handled it.</summary>
    Acknowledged,

    /// <summary>Nobody said so within the time limit, or nothing more is kept of the user.</summary>
    NotAcknowledged,

    /// <summary>Only readers are connected: connections that have never acknowledged and whose client has no name (<c>client</c>).</summary>
    NoAcknowledgingClient,

    /// <summary>It left the log without reaching any connection, or a newer event superseded it.</summary>
    NotDelivered,

    /// <summary>The log no longer knows: the event has left the window, or the id is not of this log.</summary>
    Unknown,
}
