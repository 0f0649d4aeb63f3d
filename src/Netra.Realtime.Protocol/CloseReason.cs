namespace Netra.Realtime.Protocol;

/// <summary>Why a connection was closed: a WebSocket close code (RFC 6455 section 7.4), its text, and what a client does on it.</summary>
/// <remarks>Texts have at most 123 bytes and never hold user data. Codes from 4500 mean <i>stay away</i>, the other 4000s <i>come back</i>.</remarks>
/// <param name="Code">The close code.</param>
/// <param name="Reason">The text sent with it.</param>
/// <param name="Action">What a client does by itself.</param>
public sealed record CloseReason(int Code, string Reason, ClientAction Action)
{
    /// <summary>1000: either side is done.</summary>
    public static readonly CloseReason Normal = new(1000, "normal", ClientAction.StayAway);

    /// <summary>1001: the host stops and has no time left to drain.</summary>
    public static readonly CloseReason GoingAway = new(1001, "going away", ClientAction.Reconnect);

    /// <summary>1002: the peer broke RFC 6455.</summary>
    public static readonly CloseReason ProtocolError = new(1002, "protocol error", ClientAction.ReconnectAtMostThreeTimes);

    /// <summary>1003: a binary message.</summary>
    public static readonly CloseReason BinaryNotAccepted = new(1003, "binary not accepted", ClientAction.ReconnectAtMostThreeTimes);

    /// <summary>1006: no close frame was received: the network, or a refusal over HTTP. Never sent.</summary>
    public static readonly CloseReason Abnormal = new(1006, "", ClientAction.AskByGet);

    /// <summary>1007: text that is not UTF-8.</summary>
    public static readonly CloseReason InvalidUtf8 = new(1007, "invalid UTF-8", ClientAction.ReconnectAtMostThreeTimes);

    /// <summary>1008: repeated abuse.</summary>
    public static readonly CloseReason PolicyViolation = new(1008, "policy", ClientAction.StayAway);

    /// <summary>1009: a message above the limit of <c>welcome.limits</c>.</summary>
    public static readonly CloseReason MessageTooBig = new(1009, "message too big", ClientAction.ReconnectAtMostThreeTimes);

    /// <summary>1011: a fault of the server, without detail.</summary>
    public static readonly CloseReason InternalError = new(1011, "internal error", ClientAction.Reconnect);

    /// <summary>1012: the server drains.</summary>
    public static readonly CloseReason ServiceRestart = new(1012, "service restart", ClientAction.ReconnectAfterGoAway);

    /// <summary>1013: the user has as many connections as allowed.</summary>
    public static readonly CloseReason UserConnectionLimit = new(1013, "user connection limit", ClientAction.ReconnectAfter30Seconds);

    /// <summary>1013: the tenant has as many connections as allowed.</summary>
    public static readonly CloseReason TenantConnectionLimit = new(1013, "tenant connection limit", ClientAction.ReconnectAfter30Seconds);

    /// <summary>1013: the host has as many connections as allowed.</summary>
    public static readonly CloseReason TotalConnectionLimit = new(1013, "total connection limit", ClientAction.ReconnectAfter30Seconds);

    /// <summary>4400: an operator closed this connection, and its client may come back.</summary>
    public static readonly CloseReason Disconnected = new(4400, "disconnected", ClientAction.Reconnect);

    /// <summary>4401: the ticket or token of the connection ran out.</summary>
    public static readonly CloseReason CredentialsExpired = new(4401, "credentials expired", ClientAction.ReconnectWithFreshCredentials);

    /// <summary>4407: no sign of life in time. Sent for form; the socket is aborted if it does not leave.</summary>
    public static readonly CloseReason HeartbeatTimeout = new(4407, "heartbeat timeout", ClientAction.Reconnect);

    /// <summary>4408: the connection fell behind its bound.</summary>
    public static readonly CloseReason SlowConsumer = new(4408, "slow consumer", ClientAction.Reconnect);

    /// <summary>4429: too many client messages.</summary>
    public static readonly CloseReason RateLimit = new(4429, "rate limit", ClientAction.ReconnectAfter5Seconds);

    /// <summary>4500: user, client or credentials were revoked.</summary>
    public static readonly CloseReason Revoked = new(4500, "revoked", ClientAction.StayAway);

    /// <summary>4509: the same <c>client</c> connected again, or the limit policy evicted this connection.</summary>
    public static readonly CloseReason Superseded = new(4509, "superseded", ClientAction.StayAway);

    /// <summary>Every reason of this version, in the order of the codes.</summary>
    public static IReadOnlyList<CloseReason> All { get; } =
    [
        Normal, GoingAway, ProtocolError, BinaryNotAccepted, Abnormal, InvalidUtf8, PolicyViolation, MessageTooBig, InternalError,
        ServiceRestart, UserConnectionLimit, TenantConnectionLimit, TotalConnectionLimit, Disconnected, CredentialsExpired, HeartbeatTimeout, SlowConsumer, RateLimit,
        Revoked, Superseded,
    ];

    /// <summary>What a client does by itself on a close code, known or not.</summary>
    /// <param name="code">The code that was received; 1006 where none was.</param>
    /// <returns>The action: of the table, or for unknown codes by range (4500 and above stay away, all else comes back).</returns>
    public static ClientAction ActionFor(int code)
    {
        foreach (CloseReason reason in All)
        {
            if (reason.Code == code)
            {
                return reason.Action;
            }
        }

        return code >= 4500 ? ClientAction.StayAway : ClientAction.Reconnect;
    }
}
