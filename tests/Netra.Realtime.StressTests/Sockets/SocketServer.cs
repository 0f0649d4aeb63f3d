using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>A real host on the loopback, with the endpoint at <c>/ws</c>. Whoever says who he is, is it.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    public const string UserHeader = "X-Test-User";

    private readonly WebApplication _app;

    private SocketServer(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public IPEndPoint EndPoint => new(IPAddress.Loopback, new Uri(_app.Urls.Single()).Port);

    /// <param name="configure">The options.</param>
    /// <param name="time">The clock of the library; by default the real one.</param>
    /// <param name="log">What is told what the host logs; by default nobody.</param>
    /// <param name="stopWithin">How long its stop waits for requests that are not whole; by default as long as hosts do.</param>
    public static async Task<SocketServer> StartAsync(Action<RealtimeOptions> configure, TimeProvider? time = null, ILoggerProvider? log = null, TimeSpan? stopWithin = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = stopWithin ?? options.ShutdownTimeout);
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddSingleton(time ?? TimeProvider.System).AddNetraRealtime(options =>
        {
            options.Limits.ConnectsPerSecondPerUser = 0; // cuts come as fast as they can, on a machine that is as busy as it is
            (options.Degradation.PoolQueueToRefuse, options.Degradation.PoolQueueToShed) = (0, 0);
            (options.Degradation.MemoryLoadToRefuse, options.Degradation.MemoryLoadToShed) = (0, 0);
            configure(options);
        });
        WebApplication app = builder.Build();
        app.Use((context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", context.Request.Headers[UserHeader].ToString())], "Test"));
            return next(context);
        });
        app.MapNetraRealtime("/ws", endpoint =>
        {
            if (TestTransport.IsSystemNet)
            {
                endpoint.UseSystemNetWebSockets();
            }
        });
        await app.StartAsync(CancellationToken.None).OrFail();
        return new SocketServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).OrFail();
        await _app.DisposeAsync().OrFail();
    }
}
