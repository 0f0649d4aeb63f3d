using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Hosting;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>What a test wants otherwise than usual.</summary>
public sealed class RealtimeServerSetup
{
    public Action<RealtimeOptions> Options { get; set; } = static _ => { };

    public Action<RealtimeBuilder> Realtime { get; set; } = static _ => { };

    public Action<RealtimeEndpointOptions> Endpoint { get; set; } = static _ => { };

    public Action<IEndpointConventionBuilder> Route { get; set; } = static _ => { };

    /// <summary>Other services; authentication too, when <see cref="HasTestAuthentication"/> is off.</summary>
    public Action<IServiceCollection> Services { get; set; } = static _ => { };

    public Action<WebApplication> App { get; set; } = static _ => { };

    public bool HasTestAuthentication { get; set; } = true;

    /// <summary>Whether the endpoint is that of a <see cref="RealtimeListener"/>, beside the web server's own.</summary>
    public bool UsesListener { get; set; } = TestTransport.IsListener;

    public Action<RealtimeListenerOptions> Listener { get; set; } = static _ => { };

    /// <summary>Whether the web server speaks TLS, and shows <see cref="TestCertificate"/>.</summary>
    public bool UsesTls { get; set; }

    /// <summary>The port of the endpoint; 0: any that is free.</summary>
    public int Port { get; set; }

    public HttpProtocols Protocols { get; set; } = HttpProtocols.Http1;

    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
