using Microsoft.Extensions.Options;

namespace Netra.Realtime.Hosting;

/// <summary>How the handshake on a stream is answered.</summary>
public class StreamOptions : HandshakeOptions
{
    /// <summary>The path that is served, as a client writes it; any other is answered with 404. Default <c>/ws</c>.</summary>
    public string Path { get; set; } = "/ws";

    /// <summary>
    /// Says who asks, from what came with the request: a cookie, a token, a header. Required. The token is cancelled at
    /// <see cref="HandshakeTimeout"/>; what is thrown is logged, and the client answered with 500. It is not to block: the client is cut
    /// at the timeout all the same, but the thread would be gone.
    /// </summary>
    public Func<HandshakeRequest, CancellationToken, ValueTask<Authentication>> Authenticate { get; set; } = NobodyAsync;

    /// <summary>
    /// Whether TLS ends before this host, at a proxy, so that the endpoint's own origin is one of <c>https</c>. Default false; where the stream is
    /// TLS itself, it makes no difference.
    /// </summary>
    public bool IsBehindTls { get; set; }

    /// <summary>From the first byte that is waited for to the answer. Default 10 s, from 10 ms to 10 min.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Refuses what cannot be meant.</summary>
    /// <exception cref="OptionsValidationException">It names the option and the accepted range.</exception>
    internal virtual void Validate()
    {
        Require(Authenticate is not null && Authenticate != NobodyAsync, nameof(Authenticate), "says who asks, and has no default");
        Require(AllowedOrigins.All(static origin => OriginCheck.Normalize(origin) is not null), nameof(AllowedOrigins), "has origins: scheme://host[:port]");
        Require(Path is ['/', ..], nameof(Path), "begins with a slash");
        Require(
            HandshakeTimeout >= TimeSpan.FromMilliseconds(10) && HandshakeTimeout <= TimeSpan.FromMinutes(10), nameof(HandshakeTimeout), "is from 10 ms to 10 min");
    }

    private protected void Require(bool holds, string option, string rule)
    {
        if (!holds)
        {
            throw new OptionsValidationException(option, GetType(), [$"{option} {rule}."]);
        }
    }

    private static ValueTask<Authentication> NobodyAsync(HandshakeRequest request, CancellationToken cancellationToken) => new(Authentication.None);
}
