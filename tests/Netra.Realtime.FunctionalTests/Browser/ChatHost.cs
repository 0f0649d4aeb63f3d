using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Browser;

/// <summary>The sample as a process of its own on a free port, with documents of the test's, so that it can be killed and started again.</summary>
public sealed class ChatHost : IAsyncDisposable
{
    private readonly string _documents = Directory.CreateTempSubdirectory("netra-documents-").FullName;
    private readonly Dictionary<string, string> _environment;
    private Process? _process;

    public ChatHost(params (string Name, string Value)[] environment)
    {
        _environment = environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        using (TcpListener probe = new(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        // Long sentences give long answers, so that there is time to reload, cancel and kill in the middle of a run.
        string Article(string subject) => $"# About {subject}\n\n" + string.Join("\n\n", Enumerable.Range(1, 12).Select(i =>
            $"The {subject} has many properties, and property {i} of every {subject} is described in this paragraph at some length, "
            + $"because whoever asks about a {subject} wants to read a full sentence; \"quotes\", umlauts äöü and {char.ConvertFromUtf32(0x1F40C)} belong to it."));
        File.WriteAllText(Path.Combine(_documents, "apples.md"), Article("zebrafruit"));
        File.WriteAllText(Path.Combine(_documents, "bridges.md"), Article("ironbridge"));
    }

    public string Url { get; }

    public async Task StartAsync()
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "AgentChat.dll"), "--urls", Url, "--documents", _documents },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        start.Environment["systemNetWebSockets"] = TestTransport.IsSystemNet ? "true" : "false";
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!; // UseShellExecute is false, so there is a process
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        using HttpClient http = new();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using HttpResponseMessage health = await http.GetAsync(new Uri(Url + "/health"), deadline.Token);
                health.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                await Task.Delay(50, deadline.Token); // another process comes up: there is nothing to be notified by
            }
        }
    }

    /// <summary>Ends the process without a warning.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_documents, recursive: true);
    }
}
