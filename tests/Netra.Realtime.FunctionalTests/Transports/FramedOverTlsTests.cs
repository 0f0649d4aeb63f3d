using System.Net.Security;
using System.Net.Sockets;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class FramedServerOverTlsTests : FramedOverTlsTests
{
    protected override bool IsServer => true;
}

public sealed class FramedClientOverTlsTests : FramedOverTlsTests
{
    protected override bool IsServer => false;
}

public abstract class FramedOverTlsTests : FramedTransportTests
{
    protected override async Task<Line> OpenAsync()
    {
        (Socket own, Socket peer) = await LoopbackSockets.ConnectAsync();
        SslStream ownTls = new(new NetworkStream(own, ownsSocket: true));
        SslStream peerTls = new(new NetworkStream(peer, ownsSocket: true));
        await Task.WhenAll(
            (IsServer ? ownTls : peerTls).AuthenticateAsServerAsync(TestCertificate.ServerOptions, CancellationToken.None),
            (IsServer ? peerTls : ownTls).AuthenticateAsClientAsync(TestCertificate.ClientOptions, CancellationToken.None)).OrFail();
        return new Line(ownTls, peerTls, peer.Dispose);
    }
}
