using System.Net;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests;

/// <summary>One target behind the contract that the driver speaks: see the README of this folder.</summary>
internal static class LoadServer
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string target, int port)
    {
        await using WebApplication? app = Build(target, port, environment: null);
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

    /// <returns>The server, not started; null in Production, which is also what it is when no environment is named.</returns>
    public static WebApplication? Build(string name, int port, string? environment)
    {
        Target target = Target.Create(name);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        if (builder.Environment.IsProduction())
        {
            return null;
        }

        Payload.Warm();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, port));
        target.AddTo(builder);
        WebApplication app = builder.Build();
        app.UseWebSockets();
        target.MapTo(app);
        Workload workload = new(target);
        app.MapGet("/start", async (HttpContext http) =>
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            limit.CancelAfter(StartLimit);
            return Results.Text(await workload.RunAsync(WorkloadSpec.From(http.Request.Query), limit.Token), "application/json");
        });
        return app;
    }
}
