using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Netra.Realtime.Protocol;
using EventId = Netra.Realtime.Protocol.EventId;

namespace Netra.Realtime.Client;

/// <summary>What a <see cref="RealtimeClient"/> is made with. Read once, by its constructor.</summary>
public sealed class RealtimeClientOptions
{
    private const int MinMessageBytes = 1024;
    private const int MostMessageBytes = 1024 * 1024 * 1024;
    private const int MostPendingReplies = 65_536;

    /// <summary>The endpoint, such as <c>wss://example.com/ws</c>; <c>http</c> and <c>https</c> are taken for <c>ws</c> and <c>wss</c>.</summary>
    public required Uri Uri { get; set; }

    /// <summary>Who this is, asked before each connect. Null, the default: whatever <see cref="ConfigureWebSocket"/> sets.</summary>
    /// <remarks>When it throws, the client tells so in <see cref="RealtimeClient.Status"/> and tries again with back-off. It has 20 s, the
    /// handshake included. To have the same token always: <c>_ => new(RealtimeCredentials.Bearer(token))</c>.</remarks>
    public Func<CancellationToken, ValueTask<RealtimeCredentials>>? Credentials { get; set; }

    /// <summary>Sets what else the socket needs (proxy, certificates, more headers), before each connect. Null, the default: nothing.</summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>Where to begin without <see cref="LastEventId"/>. Default: the open runs from their beginning.</summary>
    public StartPosition Start { get; set; } = StartPosition.OpenRuns;

    /// <summary>The last event that was handled in an earlier life, to go on after it. Default: none.</summary>
    public EventId LastEventId { get; set; }

    /// <summary>Only events of these threads, and those of no thread. Null, the default: all; empty: none.</summary>
    public IReadOnlySet<ThreadId>? Threads { get; set; }

    /// <summary>Only events of these runs, and those of no thread. Null, the default: all; empty: none. With <see cref="Threads"/> both have to be met.</summary>
    public IReadOnlySet<RunId>? Runs { get; set; }

    /// <summary>This device or program, whose new connection takes the place of its old one. Default: a random one for each client.</summary>
    public ClientId ClientId { get; set; }

    /// <summary>Whether what was handled is acknowledged by itself, else by <see cref="RealtimeClient.Acknowledge"/>. Default true.</summary>
    public bool AcknowledgeAutomatically { get; set; } = true;

    /// <summary>Events that wait for the application; when as many do, nothing more is read from the socket. Default 1,000, at least 1.</summary>
    public int ReceiveQueueItems { get; set; } = 1_000;

    /// <summary>The same in bytes on the wire; a larger message waits alone. Default 4 MiB, at least 1.</summary>
    public int ReceiveQueueBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest message that is taken; a larger one ends the connection with 1009. Default 2 MiB, from 1 KiB to 1 GiB.</summary>
    public int MaxMessageBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>Messages of this client that may wait for their answer. Default 256, from 1 to 65,536.</summary>
    public int MaxPendingReplies { get; set; } = 256;

    /// <summary>How long an answer is waited for. Default 30 s, more than zero, at most a day.</summary>
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Runs that have ended and are still in <see cref="RealtimeClient.Runs"/>, the newest. Default 200, at least 0.</summary>
    public int KeepEndedRuns { get; set; } = 200;

    /// <summary>Called when events were lost, or the server begins anew: load your own state again; what follows starts from there.</summary>
    /// <remarks>Called and awaited by <see cref="RealtimeClient.ReadEventsAsync"/>, after all events from before and before all events from
    /// after. What it throws comes out there; the reset is not told a second time.</remarks>
    public Func<ResetReason, CancellationToken, ValueTask>? OnReset { get; set; }

    /// <summary>Called with the ids of runs that changed in <see cref="RealtimeClient.Runs"/>.</summary>
    /// <remarks>Called by <see cref="RealtimeClient.ReadEventsAsync"/> before it hands out the event that changed them; also when there is none,
    /// as for a run that turns out to be interrupted. What it throws is logged, and the event is handed out all the same.</remarks>
    public Action<IReadOnlyList<RunId>>? OnRunsChanged { get; set; }

    /// <summary>Called with each new <see cref="RealtimeClient.Status"/>, in order, by the loop that keeps the connection: it must not block.</summary>
    /// <remarks>What it throws is logged.</remarks>
    public Action<ConnectionStatus>? OnStatusChanged { get; set; }

    /// <summary>The clock. Default: that of the system.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where to log. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>A copy that nobody else changes, once everything in it is in its range.</summary>
    internal static RealtimeClientOptions Checked(RealtimeClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (BrokenRule(options) is { } rule)
        {
            throw new ArgumentException(rule, nameof(options));
        }

        RealtimeClientOptions copy = (RealtimeClientOptions)options.MemberwiseClone();
        copy.ClientId = options.ClientId == default ? new ClientId("net-" + Guid.NewGuid().ToString("N")) : options.ClientId;
        copy.Threads = options.Threads?.ToHashSet();
        copy.Runs = options.Runs?.ToHashSet();
        return copy;
    }

    private static string? BrokenRule(RealtimeClientOptions options) =>
        options.Uri is not { IsAbsoluteUri: true, Scheme: "ws" or "wss" or "http" or "https" } ? "Uri is absolute and begins with ws, wss, http or https."
        : !Enum.IsDefined(options.Start) ? "Start is one of StartPosition."
        : options.ReceiveQueueItems < 1 ? "ReceiveQueueItems is at least 1."
        : options.ReceiveQueueBytes < 1 ? "ReceiveQueueBytes is at least 1."
        : options.MaxMessageBytes is < MinMessageBytes or > MostMessageBytes ? "MaxMessageBytes is at least 1 KiB and at most 1 GiB."
        : options.MaxPendingReplies is < 1 or > MostPendingReplies ? "MaxPendingReplies is at least 1 and at most 65,536."
        : options.ReplyTimeout <= TimeSpan.Zero || options.ReplyTimeout > TimeSpan.FromDays(1) ? "ReplyTimeout is more than zero and at most a day."
        : options.KeepEndedRuns < 0 ? "KeepEndedRuns is at least 0."
        : options.TimeProvider is null ? "TimeProvider is a clock."
        : options.LoggerFactory is null ? "LoggerFactory is a logger factory."
        : null;
}
