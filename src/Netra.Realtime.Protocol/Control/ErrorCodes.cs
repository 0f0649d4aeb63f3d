namespace Netra.Realtime.Protocol;

/// <summary>The codes of an <see cref="ErrorMessage"/> that the protocol defines.</summary>
public static class ErrorCodes
{
    /// <summary>The message is malformed, or a field has a value that it cannot have.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>Nothing handles messages of this type.</summary>
    public const string UnknownType = "unknown_type";

    /// <summary>A field is longer than allowed.</summary>
    public const string TooLarge = "too_large";

    /// <summary>Too many messages: the next one too many closes the connection with 4429.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>A count is at its limit.</summary>
    public const string LimitExceeded = "limit_exceeded";

    /// <summary>There is no such thing, or it is not this user's: the same answer on purpose.</summary>
    public const string NotFound = "not_found";

    /// <summary>This user or client may not do that.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The server failed.</summary>
    public const string Internal = "internal";
}
