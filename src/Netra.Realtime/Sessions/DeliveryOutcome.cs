namespace Netra.Realtime.Sessions;

/// <summary>What became of an event on its way to the user.</summary>
public enum DeliveryOutcome
{
    /// <summary>It was flushed to at least one of the user's connections. Not a promise that a client handled it.</summary>
    Delivered,

    /// <summary>It left the log (bounds, age, eviction) without reaching any connection.</summary>
    NotDelivered,

    /// <summary>The log no longer knows: the event has left the window, or the id is not of this log.</summary>
    Unknown,
}
