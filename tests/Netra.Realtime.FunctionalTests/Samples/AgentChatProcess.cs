using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using AgentChat;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Samples;

/// <summary>The sample as its user starts it: a process of its own, on a free port.</summary>
public sealed class AgentChatProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AgentChatProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) =>
        {
            int at = line.Data?.IndexOf(Listening, StringComparison.Ordinal) ?? -1;
            if (at >= 0)
            {
                _address.TrySetResult(new Uri(line.Data![(at + Listening.Length)..].Trim()));
            }
        };
        _process.ErrorDataReceived += (_, line) => Errors += line.Data;
        _process.Exited += (_, _) => _address.TrySetException(new InvalidOperationException($"AgentChat ended. {Errors}"));
    }

    public Uri Address { get; private set; } = null!; // set by StartAsync

    /// <summary>Of the process, for <see cref="Signals"/>.</summary>
    public int Id => _process.Id;

    private string Errors { get; set; } = "";

    /// <summary>How many files and sockets the process has open. Linux only.</summary>
    public int OpenFiles => Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Count();

    public static Task<AgentChatProcess> StartAsync(string documents, params (string Name, string Value)[] environment) =>
        StartAsync(new ProcessStartInfo("dotnet"), documents, environment);

    /// <summary>With so many files and sockets at most. Linux only.</summary>
    public static Task<AgentChatProcess> StartWithFilesAsync(int maxOpenFiles, string documents) =>
        StartAsync(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"ulimit -n {maxOpenFiles} && exec dotnet \"$@\"", "sh" } }, documents);

    private static async Task<AgentChatProcess> StartAsync(ProcessStartInfo start, string documents, params (string Name, string Value)[] environment)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (string argument in new[] { typeof(DocumentLibrary).Assembly.Location, "--urls", "http://127.0.0.1:0", "--documents", documents })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_ENVIRONMENT"] = start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["systemNetWebSockets"] = TestTransport.IsSystemNet ? "true" : "false";
        start.Environment.Remove("ASPNETCORE_URLS");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        AgentChatProcess chat = new(start);
        chat._process.Start();
        try
        {
            chat._process.BeginOutputReadLine();
            chat._process.BeginErrorReadLine();
            chat.Address = await chat._address.Task.OrFail();
            return chat;
        }
        catch
        {
            await chat.DisposeAsync();
            throw;
        }
    }

    /// <summary>A browser, as far as cookies go.</summary>
    public Browser NewBrowser(CookieContainer? cookies = null) => new(Address, cookies ?? new CookieContainer());

    public async Task<Browser> SignInAsync(string user)
    {
        Browser browser = NewBrowser();
        using HttpResponseMessage response = await browser.Http.PostAsJsonAsync("/login", new { user }).OrFail();
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().OrFail();
        }

        _process.Dispose();
    }

    public sealed class Browser : IDisposable
    {
        private readonly Uri _address;

        public Browser(Uri address, CookieContainer cookies)
        {
            _address = address;
            Cookies = cookies;
            Http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false }) { BaseAddress = address };
        }

        public CookieContainer Cookies { get; }

        public HttpClient Http { get; }

        /// <summary>The endpoint, from the page of the sample.</summary>
        public Task<TestClient> OpenAsync(string query = "") => TestClient.OpenAsync(new UriBuilder(_address) { Scheme = "ws", Path = "/ws", Query = query }.Uri, Configure);

        public async Task<string> StartRunAsync(string thread, string question)
        {
            using HttpResponseMessage response = await Http.PostAsJsonAsync("/runs", new { thread_id = thread, question }).OrFail();
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>().OrFail()).GetProperty("run_id").GetString()!;
        }

        public void Dispose() => Http.Dispose();

        private void Configure(ClientWebSocketOptions options)
        {
            options.Cookies = Cookies;
            options.SetRequestHeader("Origin", _address.GetLeftPart(UriPartial.Authority));
            options.AddSubProtocol("netra.v1");
        }
    }
}
