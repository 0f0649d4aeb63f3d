using Netra.Realtime.Sessions;

namespace Netra.Realtime.Connections;

/// <summary>How many and how much: connections, client messages, events.</summary>
public sealed class LimitOptions
{
    /// <summary>Connections of the whole host; the next is closed with 1013. Default 100, at least 1.</summary>
    public int MaxConnections { get; set; } = 100;

    /// <summary>Connections of one user; the next is closed with 1013. Default 3, at least 1.</summary>
    public int MaxConnectionsPerUser { get; set; } = 3;

    /// <summary>Connections of all users of one tenant; the next is closed with 1013. Users without a tenant are not counted. Default 0, which is no limit.</summary>
    public int MaxConnectionsPerTenant { get; set; }

    /// <summary>Handshakes of one user a second, lastingly; more are answered with 429. Default 5; 0 is no limit.</summary>
    public int ConnectsPerSecondPerUser { get; set; } = 5;

    /// <summary>Handshakes of one user at once after a pause. Default 20, at least 1.</summary>
    public int ConnectBurstPerUser { get; set; } = 20;

    /// <summary>
    /// Requests from one remote address (of IPv6: one network of 64 bits) a second, lastingly; more are answered with 429, before anybody is authenticated
    /// where the library listens by itself. Default 0, which is no limit: behind a proxy everybody has its address, unless ASP.NET Core's own middleware
    /// puts the client's there.
    /// </summary>
    public int ConnectsPerSecondPerAddress { get; set; }

    /// <summary>Requests from one remote address at once after a pause. Default 100, at least 1.</summary>
    public int ConnectBurstPerAddress { get; set; } = 100;

    /// <summary>Who goes when a newcomer finds no place. Default <see cref="ConnectionLimitPolicy.RefuseNewest"/>.</summary>
    public ConnectionLimitPolicy WhenFull { get; set; }

    /// <summary>Runs of one user that are open at once; the next is refused. Default 16, at least 1.</summary>
    public int MaxOpenRunsPerUser { get; set; } = 16;

    /// <summary>How long a run may be without an event before it is ended as <c>timed_out</c>, looked at by the sweep; a run may have its own
    /// (<c>RunStart.MaxSilence</c>). Default 5 min, from 1 s to 7 days, or infinite (-1 ms): never.</summary>
    public TimeSpan MaxRunSilence { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Rooms that one user may be in at once; joining the next is refused. Default 100, at least 1.</summary>
    public int MaxRoomsPerUser { get; set; } = 100;

    /// <summary>The largest message from a client, in bytes; a larger one closes with 1009. Default 32 KiB, from 1 KiB to 16 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 32 * 1024;

    /// <summary>Messages that a client may send a second, lastingly. Default 10, at least 1.</summary>
    public int MessagesPerSecond { get; set; } = 10;

    /// <summary>Messages that a client may send at once after a pause. Default 20, at least 1.</summary>
    public int MessageBurst { get; set; } = 20;

    /// <summary>Bytes of messages that a client may send a second, lastingly. Default 64 KiB, at least 1 KiB.</summary>
    public int BytesPerSecond { get; set; } = 64 * 1024;

    /// <summary>Bytes of messages that a client may send at once after a pause. Default 256 KiB, at least 1 KiB; and always at
    /// least <see cref="MaxMessageBytes"/>, so that the largest message can be sent at all.</summary>
    public int BytesBurst { get; set; } = 256 * 1024;

    /// <summary>Messages of a client that may wait for their handlers; one more is answered with <c>limit_exceeded</c>. Default 16, at least 1.</summary>
    public int MaxWaitingMessages { get; set; } = 16;

    /// <summary>Refused messages of a client within a minute; one more closes with 1008. Default 20, at least 1.</summary>
    public int MaxRefusedMessagesPerMinute { get; set; } = 20;

    /// <summary>Ids in one half of a filter. Default 32, at least 1.</summary>
    public int MaxFilterEntries { get; set; } = 32;

    /// <summary>The largest event, in bytes. What may be cut is cut, an application's own event is refused. Default 64 KiB, from 16 KiB to 1 MiB.</summary>
    public int MaxEventBytes { get; set; } = 64 * 1024;

    /// <summary>Strings in the input of a tool are cut to this, in UTF-16 units. Default 2,000, at least 1.</summary>
    public int MaxToolInputChars { get; set; } = 2_000;

    /// <summary>Strings in the output of a tool are cut to this, in UTF-16 units. Default 10,000, at least 1.</summary>
    public int MaxToolOutputChars { get; set; } = 10_000;

    /// <summary>Messages of errors and of progress are cut to this, in UTF-16 units. Default 300, at least 1.</summary>
    public int MaxErrorChars { get; set; } = 300;
}
