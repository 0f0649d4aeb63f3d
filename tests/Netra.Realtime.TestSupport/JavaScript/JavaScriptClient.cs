using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Netra.Realtime.TestSupport.JavaScript;

/// <summary>The JavaScript client in a Node process of its own, led by lines of JSON and seen by lines of JSON: <c>test-support/drive.js</c> of the client.</summary>
internal sealed class JavaScriptClient : IAsyncDisposable
{
    private const string Node = "node";

    private static readonly string Package = Path.Combine(Repository.Root, "src", "netra-realtime-js");

    private readonly Process _process;
    private readonly Channel<JsonElement> _lines = Channel.CreateUnbounded<JsonElement>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task<string> _errors;
    private readonly Task _reading;

    private JavaScriptClient(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>Why these tests are skipped; null when nothing is missing, or nothing may be.</summary>
    public static string? Missing { get; } = Environment.GetEnvironmentVariable("NETRA_REQUIRE_PEERS") == "1" ? null
        : !Repository.Runs(Node, "--version") ? "No node was found."
        : !Directory.Exists(Path.Combine(Package, "node_modules", "ws")) ? "The package ws is missing: npm ci in src/netra-realtime-js."
        : null;

    /// <summary>Starts it, and it connects.</summary>
    /// <param name="settings">Written as JSON: <c>url</c>, <c>headers</c>, <c>asks</c>, <c>random</c>, <c>speed</c> (see there), and options of the client, such as <c>lastEventId</c>, <c>clientId</c>.</param>
    public static JavaScriptClient Start(object settings)
    {
        ProcessStartInfo start = new(Node, [Path.Combine(Package, "test-support", "drive.js"), JsonSerializer.Serialize(settings)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        return new JavaScriptClient(Process.Start(start)!); // no shell, so it is a new process
    }

    /// <summary>What its listeners were told next, in the order in which they were: <c>on</c> is <c>event</c> (with the event's own fields), <c>reset</c>,
    /// <c>interrupted</c> or <c>state</c>, or <c>answer</c> and <c>show</c> where it was asked.</summary>
    public async Task<JsonElement> NextAsync()
    {
        if (!await _lines.Reader.WaitToReadAsync().OrFail() || !_lines.Reader.TryRead(out JsonElement line))
        {
            throw new InvalidOperationException($"The client has ended. {await _errors.OrFail()}");
        }

        return line.GetProperty("on").GetString() == "error" ? throw new InvalidOperationException($"The client reports: {line}") : line;
    }

    /// <summary>The next that is of this kind, and is so; others are passed over.</summary>
    public async Task<JsonElement> NextAsync(string on, Func<JsonElement, bool>? isIt = null)
    {
        while (true)
        {
            JsonElement line = await NextAsync();
            if (line.GetProperty("on").GetString() == on && isIt?.Invoke(line) != false)
            {
                return line;
            }
        }
    }

    public Task<JsonElement> NextStateAsync(string state) => NextAsync("state", line => line.GetProperty("state").GetString() == state);

    /// <summary>Has it call a method of the client; the outcome is a line that is an <c>answer</c>, whenever it comes.</summary>
    public Task CallAsync(string method, params object?[] arguments) => TellAsync(new { call = method, args = arguments });

    /// <summary>What it shows, such as <c>runs</c>, <c>state</c>, <c>lastEventId</c>; lines before are passed over.</summary>
    public async Task<JsonElement> ShowAsync(string what)
    {
        await TellAsync(new { show = what });
        JsonElement shown = await NextAsync("show");
        return shown.TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Ends the process without a word to the server.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().OrFail();
        await _reading.OrFail();
        _process.Dispose();
    }

    private async Task TellAsync(object line)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(line)).OrFail();
        await _process.StandardInput.FlushAsync().OrFail();
    }

    // At once, whether anybody asks or not: a full pipe would hold up the client.
    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            try
            {
                _lines.Writer.TryWrite(JsonSerializer.Deserialize<JsonElement>(line));
            }
            catch (JsonException) when (_process.HasExited)
            {
                break; // the half of a line that it was killed in
            }
        }

        _lines.Writer.Complete();
    }
}
