using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Netra.Realtime.Protocol;

namespace TerminalClient;

/// <summary>What the sample AgentChat offers beside its events: to sign in, and to ask.</summary>
internal sealed partial class AgentChatApi : IDisposable
{
    private readonly HttpClient _http;

    public AgentChatApi(Uri endpoint)
    {
        UriBuilder root = new(endpoint) { Scheme = endpoint.Scheme is "wss" or "https" ? "https" : "http", Port = endpoint.Port, Path = "/", Query = "" };
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = Cookies }) { BaseAddress = root.Uri };
    }

    public CookieContainer Cookies { get; } = new();

    public async Task SignInAsync(string user, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync("login", new Login(user), Json.Default.Login, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task<RunId> AskAsync(string question, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync("runs", new Ask("terminal", question), Json.Default.Ask, cancellationToken);
        response.EnsureSuccessStatusCode();
        Started? started = await response.Content.ReadFromJsonAsync(Json.Default.Started, cancellationToken);
        return started?.RunId ?? throw new HttpRequestException("The server did not say which run it started.");
    }

    public void Dispose() => _http.Dispose();

    internal sealed record Login([property: JsonPropertyName("user")] string User);

    internal sealed record Ask(
        [property: JsonPropertyName("thread_id")] string ThreadId,
        [property: JsonPropertyName("question")] string Question);

    internal sealed record Started([property: JsonPropertyName("run_id")] RunId RunId);

    // Generated at compile time: native AOT has no reflection to fall back to.
    [JsonSerializable(typeof(Login))]
    [JsonSerializable(typeof(Ask))]
    [JsonSerializable(typeof(Started))]
    internal sealed partial class Json : JsonSerializerContext;
}
