namespace Netra.Realtime.Client.Connections;

/// <summary>What a <see cref="MessageReader"/> came upon.</summary>
internal enum ReadOutcome
{
    Text,

    /// <summary>The protocol has none.</summary>
    Binary,

    /// <summary>Above the bound; the rest was not read.</summary>
    TooBig,

    /// <summary>The peer's close frame.</summary>
    Closed,
}
