namespace Netra.Realtime.Sessions;

internal enum ReadOutcome
{
    /// <summary>Nothing is left to read.</summary>
    AtHead,

    /// <summary>The read was full: there is more.</summary>
    More,

    /// <summary>A block that is not this user's stood in the log. Nothing of it was copied; the connection has to go.</summary>
    ForeignStamp,
}
