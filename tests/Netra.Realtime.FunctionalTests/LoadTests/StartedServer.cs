using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Netra.Realtime.LoadTests;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>A server of the load tests, and a generator's view of it that is not our driver's.</summary>
internal sealed class StartedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StartedServer(WebApplication app)
    {
        _app = app;
        Url = new Uri(app.Urls.First());
        Http = new HttpClient { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Http { get; }

    public static async Task<StartedServer> StartAsync(string target, ServerSettings? settings = null)
    {
        WebApplication? app = LoadServer.Build(target, 0, "Testing", settings ?? new ServerSettings());
        Assert.NotNull(app);
        await app.StartAsync(CancellationToken.None);
        return new StartedServer(app);
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using JsonDocument said = JsonDocument.Parse(await Http.GetStringAsync(new Uri(path, UriKind.Relative), CancellationToken.None).OrFail());
        return said.RootElement.Clone();
    }

    public async Task<ClientWebSocket> ConnectAsync(string path)
    {
        ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri($"ws://{Url.Authority}{path}"), CancellationToken.None).OrFail();
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
