namespace Netra.Realtime.Sessions;

/// <summary>What a reader that is behind gets of an event.</summary>
public enum DeliveryClass
{
    /// <summary>Every such event, or the connection is told that it fell out of the window.</summary>
    MustDeliver,

    /// <summary>Only the newest of its key: an older one that is still unread is superseded.</summary>
    Latest,

    /// <summary>Only while it is the newest event of all: later readers never see it.</summary>
    Volatile,
}
