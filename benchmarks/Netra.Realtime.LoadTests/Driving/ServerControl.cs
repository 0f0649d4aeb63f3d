using System.Globalization;
using System.Text.Json;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>The server's other paths, and what <c>/proc</c> says about it.</summary>
internal sealed class ServerControl(DriveOptions options, ClientLoop clients) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = options.Url, Timeout = options.Limit };

    public double CpuSeconds => ProcessUsage.CpuSeconds(options.Pid);

    public double AnonymousBytes => ProcessUsage.AnonymousKiB(options.Pid) * 1024.0;

    /// <returns>Where the server's WebSockets are: at the port that it says, or where all else is.</returns>
    public static async Task<Uri> SocketUrlAsync(Uri url, CancellationToken cancellationToken)
    {
        using HttpClient http = new();
        using JsonDocument said = JsonDocument.Parse(await http.GetStringAsync(new Uri(url, "/stats"), cancellationToken));
        return said.RootElement.TryGetProperty("socket_port", out JsonElement port) ? new UriBuilder(url) { Port = port.GetInt32() }.Uri : url;
    }

    public Task<string> StartAsync(WorkloadSpec spec) => _http.GetStringAsync(new Uri($"/start?{spec.ToQuery()}", UriKind.Relative));

    /// <returns>The server's heap after a full collection.</returns>
    public double Collect() => Number(Get("/gc"), "heap");

    public int Connections() => (int)Number(Get("/stats"), "connections");

    public Task<string> StatsAsync() => _http.GetStringAsync(new Uri("/stats", UriKind.Relative));

    public double LogBytes() => Number(Get("/stats"), "log_bytes");

    /// <summary>Waits until the server, too, knows that everybody has left.</summary>
    public bool WaitUntilEmpty() => clients.ReadUntil(() => Connections() == 0);

    /// <summary>Asks a hub for a conversation that outlives its connection.</summary>
    /// <returns>The token by which a connection belongs to it.</returns>
    public string Negotiate(int user)
    {
        Uri path = new(string.Create(CultureInfo.InvariantCulture, $"/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true&user=u{user}"), UriKind.Relative);
        using JsonDocument said = JsonDocument.Parse(Read(AskAsync(path)));
        return said.RootElement.GetProperty("connectionToken").GetString() ?? throw new InvalidDataException("The hub gave no token.");
    }

    public static double Number(string json, string name)
    {
        using JsonDocument said = JsonDocument.Parse(json);
        return said.RootElement.GetProperty(name).GetDouble();
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> AskAsync(Uri path)
    {
        using HttpResponseMessage response = await _http.PostAsync(path, content: null);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private string Get(string path) => Read(_http.GetStringAsync(new Uri(path, UriKind.Relative)));

    private string Read(Task<string> answer)
    {
        // The clients' sockets are read meanwhile: a server may well want to write to them.
        clients.ReadUntil(() => answer.IsCompleted);
        return answer.GetAwaiter().GetResult(); // has completed, or the time is over
    }
}
