using System.Net;
using System.Net.Security;

namespace Netra.Realtime.Hosting;

/// <summary>What a <see cref="RealtimeListener"/> listens to, and how fast it lets clients in.</summary>
public sealed class RealtimeListenerOptions : StreamOptions
{
    /// <summary>The address and port; port 0 takes a free one. Default port 5080 of the loopback.</summary>
    public IPEndPoint EndPoint { get; set; } = new(IPAddress.Loopback, 5080);

    /// <summary>
    /// The certificate and the rest of TLS. Null, the default: none, so <c>ws:</c> and not <c>wss:</c>. Where a certificate is given as it is, its context
    /// (<see cref="SslServerAuthenticationOptions.ServerCertificateContext"/>) is made once and put beside it.
    /// </summary>
    public SslServerAuthenticationOptions? Tls { get; set; }

    /// <summary>How many connects wait in the kernel. Default 512, from 1.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// The connects let in a second, and at once. What is above waits in the kernel. Default 2,000, from 1: a host that comes back is
    /// not to be busy with nothing but handshakes.
    /// </summary>
    public int MaxAcceptsPerSecond { get; set; } = 2_000;

    /// <summary>
    /// The clients that are shaking hands at a time. More wait in the kernel, at most the <see cref="StreamOptions.HandshakeTimeout"/> for
    /// each place. Each may hold some 100 KiB, and what TLS takes. Default 1,000, from 1.
    /// </summary>
    public int MaxHandshakes { get; set; } = 1_000;

    /// <summary>
    /// The clients of one address (of IPv6: one network of 64 bits) that are shaking hands at a time, so that nobody can take all places by staying
    /// silent. More are closed at once. Default 0, which is no limit: behind a proxy everybody has its address, and all of them may come back at once.
    /// Facing an open network, a tenth of <see cref="MaxHandshakes"/> is a good choice.
    /// </summary>
    public int MaxHandshakesPerAddress { get; set; }

    internal override void Validate()
    {
        base.Validate();
        Require(EndPoint is not null, nameof(EndPoint), "is an address and a port");
        Require(
            Tls is null or { ServerCertificate: not null } or { ServerCertificateContext: not null } or { ServerCertificateSelectionCallback: not null },
            nameof(Tls),
            "has a certificate");
        Require(Backlog > 0, nameof(Backlog), "is at least 1");
        Require(MaxAcceptsPerSecond > 0, nameof(MaxAcceptsPerSecond), "is at least 1");
        Require(MaxHandshakes > 0, nameof(MaxHandshakes), "is at least 1");
        Require(MaxHandshakesPerAddress >= 0, nameof(MaxHandshakesPerAddress), "is at least 0");
    }
}
