using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A host in a process of its own (<c>Netra.Realtime.TestHost</c>), to be ended as an operator would end it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _http = new();

    private HostProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Exited += (_, _) => _address.TrySetException(new InvalidOperationException($"The host ended. {string.Join('\n', Lines)}"));
    }

    public Uri Address { get; private set; } = null!; // set by StartAsync

    public ConcurrentQueue<string> Lines { get; } = new();

    public static async Task<HostProcess> StartAsync(int port, params (string Name, string Value)[] settings)
    {
        ProcessStartInfo start = new("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Program);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add($"http://127.0.0.1:{port}");
        start.Environment["DOTNET_ENVIRONMENT"] = start.Environment["ASPNETCORE_ENVIRONMENT"] = "Testing";
        start.Environment.Remove("ASPNETCORE_URLS");
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        HostProcess host = new(start);
        host._process.Start();
        try
        {
            host._process.BeginOutputReadLine();
            host._process.BeginErrorReadLine();
            host.Address = await host._address.Task.OrFail();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Posts as a user.</summary>
    public async Task PostAsync(string path, string user)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user);
        using HttpResponseMessage response = await _http.SendAsync(request).OrFail();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>SIGTERM, and the time until the process is gone.</summary>
    public async Task<(TimeSpan Took, int ExitCode)> TerminateAsync()
    {
        long began = Stopwatch.GetTimestamp();
        await Signals.TerminateAsync(_process.Id);
        await _process.WaitForExitAsync().OrFail(); // and for the end of its output
        return (Stopwatch.GetElapsedTime(began), _process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().OrFail();
        }

        _process.Dispose();
    }

    private static string Program => Path.Combine(
        AgentChat.DocumentLibrary.RepositoryRoot, "tests", "Netra.Realtime.TestHost", "bin",
        Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "..", ".."), AppContext.BaseDirectory), "Netra.Realtime.TestHost.dll");

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        Lines.Enqueue(line);
        int at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            _address.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
    }
}
