using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests;

/// <summary>One target behind the contract that the driver speaks: see the README of this folder.</summary>
internal static class LoadServer
{
    /// <summary>Connects that wait in the kernel, at most; it may have a lower bound of its own (<c>net.core.somaxconn</c>).</summary>
    public const int Backlog = 4_096;

    /// <summary>Long enough for whoever waits behind thousands.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(CommandLine line)
    {
        await using WebApplication? app = Build(line.Text("--target", "netra"), line.Number("--port", 0), environment: null, ServerSettings.From(line));
        if (app is null)
        {
            await Console.Error.WriteLineAsync("This server authenticates nobody: it does not start in Production. Set DOTNET_ENVIRONMENT=Testing.");
            return 3;
        }

        await app.StartAsync(CancellationToken.None);
        Console.WriteLine(app.Urls.First());
        await app.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }

    /// <param name="name">The target.</param>
    /// <param name="port">The port of the loopback; 0 for any.</param>
    /// <param name="environment">The environment; null for the one that the process has.</param>
    /// <param name="settings">What is otherwise than usual.</param>
    /// <returns>The server, not started; null in Production, which is also what it is when no environment is named.</returns>
    public static WebApplication? Build(string name, int port, string? environment, ServerSettings settings)
    {
        bool isInline = name.EndsWith(Target.Inline, StringComparison.Ordinal);
        Target target = Target.Create(isInline ? name[..^Target.Inline.Length] : name, settings);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        if (builder.Environment.IsProduction())
        {
            return null;
        }

        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, port));
        builder.WebHost.UseSockets(o =>
        {
            o.Backlog = Backlog;
            o.UnsafePreferInlineScheduling = isInline;
            if (settings.SendBufferBytes > 0)
            {
                o.CreateBoundListenSocket = endpoint =>
                {
                    Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                    socket.SendBufferSize = settings.SendBufferBytes; // an accepted socket inherits it
                    return socket;
                };
            }
        });

        target.AddTo(builder);
        WebApplication app = builder.Build();
        app.UseWebSockets(target.WebSockets);
        target.MapTo(app);
        MapControl(app, target);
        return app;
    }

    private static void MapControl(WebApplication app, Target target)
    {
        Workload workload = new(target);
        app.MapGet("/start", async (HttpContext http) =>
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            limit.CancelAfter(StartLimit);
            try
            {
                string? outcome = await workload.RunAsync(WorkloadSpec.From(http.Request.Query), limit.Token);
                return outcome is null ? Results.Conflict("Another start is under way.") : Results.Text(outcome, "application/json");
            }
            catch (BadHttpRequestException e)
            {
                return Results.BadRequest(e.Message);
            }
        });
        app.MapGet("/gc", () => Json($$"""{"heap":{{CollectedHeap.Bytes()}}}"""));
        app.MapGet("/stats", () => Json(
            $$"""{"connections":{{target.Connections}},"heap":{{GC.GetTotalMemory(forceFullCollection: false)}},"allocated":{{GC.GetTotalAllocatedBytes()}},"gen0":{{GC.CollectionCount(0)}},"gen2":{{GC.CollectionCount(2)}},"log_bytes":{{target.LogBytes}},"socket_port":{{target.SocketPort ?? app.Urls.Select(url => new Uri(url).Port).First()}}}"""));
    }

    private static IResult Json(FormattableString json) => Results.Text(json.ToString(CultureInfo.InvariantCulture), "application/json");
}
