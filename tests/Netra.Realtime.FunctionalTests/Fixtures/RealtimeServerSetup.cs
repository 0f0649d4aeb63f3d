using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.DependencyInjection;

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

    public HttpProtocols Protocols { get; set; } = HttpProtocols.Http1;

    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
