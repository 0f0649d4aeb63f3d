using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A certificate for <c>localhost</c> that only these tests trust.</summary>
public static class TestCertificate
{
    public static readonly X509Certificate2 Certificate = Create();

    public static SslServerAuthenticationOptions ServerOptions => new() { ServerCertificate = Certificate };

    public static SslClientAuthenticationOptions ClientOptions => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = static (_, shown, _, _) => Trusts(shown),
    };

    public static bool Trusts(X509Certificate? shown) => shown?.GetCertHashString() == Certificate.GetCertHashString();

    private static X509Certificate2 Create()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
