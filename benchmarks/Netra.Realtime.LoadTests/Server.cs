using System.Diagnostics;
using System.Net;
using System.Runtime;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests;

/// <summary>One target behind the contract that every generator drives.</summary>
public static class Server
{
    public static async Task<int> RunAsync(string name, int port)
    {
        Target target = Target.Create(name);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        if (builder.Environment.IsProduction()) // also when no environment is named: that is Production
        {
            await Console.Error.WriteLineAsync("This server authenticates nobody: it does not start in Production.");
            return 3;
        }

        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, port));
        target.AddTo(builder);
        WebApplication app = builder.Build();
        app.UseWebSockets();
        if (name == "netra")
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }

        target.MapTo(app);
        app.Map("/echo", EchoEndpoint.RunAsync);
        app.MapGet("/gc", () =>
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            return Results.Text($$"""{"heap":{{GC.GetTotalMemory(false)}}}""", "application/json");
        });
        app.MapGet("/stats", () => Results.Text(
            $$"""{"pid":{{Environment.ProcessId}},"heap":{{GC.GetTotalMemory(false)}},"gen0":{{GC.CollectionCount(0)}},"gen2":{{GC.CollectionCount(2)}}}""", "application/json"));
        Workload workload = new(target);
        app.MapGet("/start", async (HttpRequest request) => Results.Text(await workload.RunAsync(request.Query), "application/json"));
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await app.WaitForShutdownAsync();
        return 0;
    }
}
