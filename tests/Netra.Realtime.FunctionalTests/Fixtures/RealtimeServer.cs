using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A real host on a free port of the loopback, with the endpoint at <c>/ws</c>.</summary>
public sealed class RealtimeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _isStopped;

    private RealtimeServer(WebApplication app, LogLines logs)
    {
        _app = app;
        Logs = logs;
        Http = new Uri(app.Urls.Single());
        EndPoint = app.Services.GetService<RealtimeListener>()?.LocalEndPoint ?? new IPEndPoint(IPAddress.Parse(Http.Host), Http.Port);
        WebSocket = new Uri($"ws://{EndPoint}/ws");
    }

    /// <summary>Such as <c>http://127.0.0.1:40000</c>.</summary>
    public Uri Http { get; }

    /// <summary>Such as <c>ws://127.0.0.1:40000/ws</c>.</summary>
    public Uri WebSocket { get; }

    /// <summary>Where the endpoint is reached.</summary>
    public IPEndPoint EndPoint { get; }

    public IServiceProvider Services => _app.Services;

    public LogLines Logs { get; }

    public AgentRuns Runs => Services.GetRequiredService<AgentRuns>();

    internal ConnectionRegistry Registry => Services.GetRequiredService<ConnectionRegistry>();

    public static async Task<RealtimeServer> StartAsync(Action<RealtimeServerSetup>? configure = null)
    {
        RealtimeServerSetup setup = new();
        configure?.Invoke(setup);
        LogLines logs = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Trace);

        // The appsettings.json of a sample lies beside the tests: its levels would hide what a test looks through.
        builder.Services.Configure<LoggerFilterOptions>(filter => filter.Rules.Clear());
        builder.WebHost.UseUrls($"http://127.0.0.1:{(setup.UsesListener ? 0 : setup.Port)}").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen =>
        {
            listen.Protocols = setup.Protocols;
            if (setup.UsesTls)
            {
                listen.UseHttps(TestCertificate.Certificate);
            }
        }));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = setup.ShutdownTimeout);
        if (setup.HasTestAuthentication)
        {
            builder.Services.AddAuthentication(TestAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, TestAuthentication>(TestAuthentication.SchemeName, null);
        }

        setup.Services(builder.Services);
        RealtimeBuilder realtime = builder.Services.AddNetraRealtime(options =>
        {
            // Tests connect as they please, and how busy the machine is must not refuse them; those of the rate and of the pressure set their own.
            options.Limits.ConnectsPerSecondPerUser = 0;
            (options.Degradation.PoolQueueToRefuse, options.Degradation.PoolQueueToShed) = (0, 0);
            (options.Degradation.MemoryLoadToRefuse, options.Degradation.MemoryLoadToShed) = (0, 0);
            setup.Options(options);
        });
        setup.Realtime(realtime);
        if (setup.UsesListener && setup.HasTestAuthentication)
        {
            builder.Services.AddSingleton(provider => ListenerOf(setup, provider));
            builder.Services.AddHostedService<ListenersService>();
        }

        WebApplication app = builder.Build();
        setup.App(app);
        setup.Route(app.MapNetraRealtime("/ws", endpoint =>
        {
            if (TestTransport.IsSystemNet)
            {
                endpoint.UseSystemNetWebSockets();
            }

            setup.Endpoint(endpoint);
        }));
        await app.StartAsync(CancellationToken.None).OrFail();
        return new RealtimeServer(app, logs);
    }

    public UserEventEmitter EmitterFor(string user, string? thread = null, string? tenant = null) => Services.GetRequiredService<EventEmitterFactory>()
        .CreateFor(UserId.Create(user, tenant), thread is null ? null : ThreadId.Parse(thread, null));

    /// <summary>Stops the host as SIGTERM would, within its own shutdown timeout.</summary>
    public async Task StopAsync()
    {
        _isStopped = true;
        await _app.StopAsync(CancellationToken.None).OrFail();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
        {
            await StopAsync();
        }

        await _app.DisposeAsync().OrFail();
    }

    private static RealtimeListener ListenerOf(RealtimeServerSetup setup, IServiceProvider provider)
    {
        RealtimeOptions realtime = provider.GetRequiredService<IOptions<RealtimeOptions>>().Value;
        RealtimeListenerOptions options = new()
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, setup.Port),
            Authenticate = (request, _) => new(Authenticate(request, realtime)),
        };
        RealtimeEndpointOptions endpoint = new();
        setup.Endpoint(endpoint);
        (options.CheckOrigin, options.RequireOrigin) = (endpoint.CheckOrigin, endpoint.RequireOrigin);
        options.AllowedOrigins.UnionWith(endpoint.AllowedOrigins);
        setup.Listener(options);
        return new RealtimeListener(provider.GetRequiredService<RealtimeConnections>(), options);
    }

    private static Authentication Authenticate(HandshakeRequest request, RealtimeOptions realtime)
    {
        if (TestAuthentication.Read(name => request.Header(name) ?? request.Cookie(name)) is not (ClaimsPrincipal principal, var expiresAt))
        {
            return Authentication.None;
        }

        try
        {
            return realtime.IdentifyUser(principal) is { } user && user != default ? Authentication.Of(user, expiresAt) : Authentication.Forbidden;
        }
        catch (ArgumentException)
        {
            return Authentication.Forbidden; // what the principal has cannot be a user id
        }
    }
}
