using Netra.Realtime.Protocol;

namespace Netra.Realtime.Hosting;

/// <summary>Who a handshake is from, as the application has found out.</summary>
public sealed class Authentication
{
    private Authentication(int refusal) => Refusal = refusal;

    /// <summary>No credentials, or wrong ones: 401.</summary>
    public static Authentication None { get; } = new(401);

    /// <summary>Somebody who may not connect: 403.</summary>
    public static Authentication Forbidden { get; } = new(403);

    internal int Refusal { get; }

    internal UserId User { get; private init; }

    internal DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>A user, who may connect.</summary>
    /// <param name="user">The user.</param>
    /// <param name="expiresAt">When the credentials run out: the connection is closed with 4401 then. Null: never.</param>
    public static Authentication Of(UserId user, DateTimeOffset? expiresAt = null) =>
        user == default ? throw new ArgumentException("A user has an id.", nameof(user)) : new(0) { User = user, ExpiresAt = expiresAt };
}
