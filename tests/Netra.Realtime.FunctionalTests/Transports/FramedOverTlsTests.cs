using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    private static readonly X509Certificate2 Certificate = CreateCertificate();

    protected override async Task<(Stream Own, Stream Peer, Action Cut)> OpenAsync()
    {
        (Socket own, Socket peer) = await LoopbackSockets.ConnectAsync();
        SslStream ownTls = new(new NetworkStream(own, ownsSocket: true));
        SslStream peerTls = new(new NetworkStream(peer, ownsSocket: true));
        SslServerAuthenticationOptions server = new() { ServerCertificate = Certificate };
        SslClientAuthenticationOptions client = new()
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown!.GetCertHashString() == Certificate.GetCertHashString(),
        };
        await Task.WhenAll(
            (IsServer ? ownTls : peerTls).AuthenticateAsServerAsync(server, CancellationToken.None),
            (IsServer ? peerTls : ownTls).AuthenticateAsClientAsync(client, CancellationToken.None)).OrFail();
        return (ownTls, peerTls, peer.Dispose);
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
