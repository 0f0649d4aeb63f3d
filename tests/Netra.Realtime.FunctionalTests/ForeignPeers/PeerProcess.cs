using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>A client of somebody else in a process of its own, led by lines of JSON and seen by lines of JSON.</summary>
public sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Of the process, for <see cref="Signals"/>.</summary>
    public int Id => _process.Id;

    /// <param name="program">What runs the script.</param>
    /// <param name="script">In <see cref="PeerTools.Folder"/>.</param>
    /// <param name="networkNamespace">Where it has its network; null: where we have it.</param>
    public static PeerProcess Start(string program, string script, string? networkNamespace = null)
    {
        string path = Path.Combine(PeerTools.Folder, script);
        ProcessStartInfo start = new(networkNamespace is null ? program : "ip", networkNamespace is null ? [path] : ["netns", "exec", networkNamespace, program, path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        return new PeerProcess(Process.Start(start)!); // no shell, so it is a new process
    }

    public async Task TellAsync(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command)).OrFail();
        await _process.StandardInput.FlushAsync().OrFail();
    }

    public Task ConnectAsync(RealtimeServer server, string? user, string query = "", params string[] protocols) => TellAsync(new
    {
        @do = "connect",
        url = new UriBuilder(server.WebSocket) { Query = query }.Uri,
        headers = user is null ? [] : new Dictionary<string, string> { [TestAuthentication.UserHeader] = user },
        protocols,
    });

    /// <summary>What it sees next, which has to be this. Where the server is in the log it tells whenever it likes: that is skipped.</summary>
    public async Task<JsonElement> NextAsync(string kind)
    {
        while (true)
        {
            JsonElement seen = await ReadAsync();
            if (seen.GetProperty("on").GetString() == "text" && seen.GetProperty("data").GetString()!.StartsWith("""{"type":"cursor",""", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.True(seen.GetProperty("on").GetString() == kind, $"{seen} instead of: {kind}");
            return seen;
        }
    }

    public async Task<string> NextAsync(string kind, string field) => (await NextAsync(kind)).GetProperty(field).GetString()!;

    public async Task<ServerMessage> NextMessageAsync() =>
        ServerMessageReader.Read(Encoding.UTF8.GetBytes(await NextAsync("text", "data"))) ?? throw new InvalidOperationException("It is of a type that is unknown.");

    /// <summary>How the connection ended there; messages that come before are skipped.</summary>
    public async Task<(int Code, string? Reason, string? Error)> CloseAsync()
    {
        while (true)
        {
            JsonElement seen = await ReadAsync();
            if (seen.GetProperty("on").GetString() == "close")
            {
                return (seen.GetProperty("code").GetInt32(), seen.GetProperty("reason").GetString(), seen.GetProperty("error").GetString());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().OrFail();
        _process.Dispose();
    }

    private async Task<JsonElement> ReadAsync() =>
        JsonSerializer.Deserialize<JsonElement>(await _process.StandardOutput.ReadLineAsync().OrFail() ?? throw new InvalidOperationException("The peer has ended."));
}
