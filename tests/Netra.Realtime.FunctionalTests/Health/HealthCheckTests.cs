using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Health;

/// <summary>The health endpoint of an application, over HTTP, that writes all that the check says.</summary>
public sealed class HealthCheckTests : IDisposable
{
    private readonly HeldGauges _gauges = new();
    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Health_AtEachStage_IsHealthyOrDegradedWithFigures()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        await _gauges.SetMemoryLoadAsync(0.5);

        Health health = await GetAsync(server);

        Assert.Equal((HttpStatusCode.OK, "Healthy", null), (health.Code, health.Status, health.Description));
        Assert.Equal(
            """{"connections":1,"max_connections":100,"background_runs":0,"stage":"Normal","gauge":"None","log_budget_used":0.25,"pool_queue_length":7,"memory_load":0.5}""",
            health.Figures);

        await _gauges.SetMemoryLoadAsync(0.96);
        health = await GetAsync(server);
        Assert.Equal((HttpStatusCode.OK, "Degraded", "RefusingNewConnections because of MemoryLoad"), (health.Code, health.Status, health.Description));
        Assert.Contains("\"stage\":\"RefusingNewConnections\",\"gauge\":\"MemoryLoad\"", health.Figures, StringComparison.Ordinal);
        Assert.Contains("\"memory_load\":0.96", health.Figures, StringComparison.Ordinal);

        await _gauges.SetMemoryLoadAsync(0.99);
        Assert.Equal("Shedding because of MemoryLoad", (await GetAsync(server)).Description);

        await _gauges.SetMemoryLoadAsync(0.5);
        Assert.Equal("Healthy", (await GetAsync(server)).Status);
    }

    [Fact]
    public async Task Health_WhileTheHostStops_IsUnhealthyAndDraining()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        TaskCompletionSource mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource isStopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Runs.Start(UserId.Create("alice"), null, "agent", async (_, _, token) =>
        {
            await using CancellationTokenRegistration registration = token.Register(isStopping.SetResult);
            await mayEnd.Task;
        });

        Task stop = server.StopAsync();
        await isStopping.Task.OrFail();
        try
        {
            Health health = await GetAsync(server);

            Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy", "draining"), (health.Code, health.Status, health.Description));
            Assert.StartsWith("""{"connections":1,"max_connections":100,"background_runs":1,""", health.Figures, StringComparison.Ordinal);
        }
        finally
        {
            mayEnd.SetResult();
        }

        await stop.OrFail();
    }

    [Fact]
    public void AddNetraRealtime_NameFailureStatusAndTags_AreTheRegistrations()
    {
        ServiceCollection services = new();
        services.AddHealthChecks().AddNetraRealtime().AddNetraRealtime("realtime", HealthStatus.Degraded, ["ready"]);
        using ServiceProvider provider = services.BuildServiceProvider();

        HealthCheckRegistration[] registrations = [.. provider.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations];

        Assert.Equal(
            [("netra_realtime", HealthStatus.Unhealthy, ""), ("realtime", HealthStatus.Degraded, "ready")],
            registrations.Select(static registration => (registration.Name, registration.FailureStatus, string.Join(',', registration.Tags))));
    }

    private Task<RealtimeServer> StartAsync() => RealtimeServer.StartAsync(setup =>
    {
        _gauges.Use(setup);
        setup.Services = static services => services.AddHealthChecks().AddNetraRealtime();
        setup.App = static app => app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAllAsync });
    });

    private static Task WriteAllAsync(HttpContext context, HealthReport report)
    {
        (string name, HealthReportEntry entry) = Assert.Single(report.Entries);
        return context.Response.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["name"] = name,
            ["status"] = entry.Status.ToString(),
            ["description"] = entry.Description,
            ["data"] = entry.Data,
        }), context.RequestAborted);
    }

    private async Task<Health> GetAsync(RealtimeServer server)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(server.Http, "/health")).OrFail();
        string body = await response.Content.ReadAsStringAsync().OrFail();
        Assert.DoesNotContain("alice", body, StringComparison.OrdinalIgnoreCase);
        JsonElement root = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal("netra_realtime", root.GetProperty("name").GetString());
        return new Health(
            response.StatusCode, root.GetProperty("status").GetString(), root.GetProperty("description").GetString(), root.GetProperty("data").GetRawText());
    }

    private sealed record Health(HttpStatusCode Code, string? Status, string? Description, string Figures);
}
