using System.Net;

namespace Netra.Realtime.Client;

/// <summary>Who connects. Immutable; never logged, and <see cref="object.ToString"/> shows nothing of it.</summary>
public sealed class RealtimeCredentials
{
    /// <summary>Nobody: for servers that ask for nothing, or when <see cref="RealtimeClientOptions.ConfigureWebSocket"/> says it.</summary>
    public static readonly RealtimeCredentials None = new();

    /// <summary>Headers of the handshake.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Cookies of the handshake, or null; what the server sets is put there too.</summary>
    public CookieContainer? Cookies { get; init; }

    /// <summary>A token in the header <c>Authorization: Bearer</c>.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The credentials.</returns>
    public static RealtimeCredentials Bearer(string token)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        return new() { Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Authorization"] = "Bearer " + token } };
    }
}
