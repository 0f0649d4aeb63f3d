using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>The handshake and its refusals, as <c>curl</c> sees them.</summary>
public sealed class CurlTests
{
    private const string User = TestAuthentication.UserHeader + ": alice";
    private const string Key = "Sec-WebSocket-Key: " + RawClient.Key;
    private const string Version = "Sec-WebSocket-Version: 13";
    private const string Upgrade = "Upgrade: websocket";
    private const string Connection = "Connection: Upgrade";

    public static TheoryData<string, int, string, string[]> Refusals { get; } = new()
    {
        { "no key", 400, "", [User, Upgrade, Connection, Version] },
        { "a short key", 400, "", [User, Upgrade, Connection, Version, "Sec-WebSocket-Key: c2hvcnQ="] },
        { "two keys", 400, "", [User, Upgrade, Connection, Version, Key, Key] },
        { "a token in the query", 400, "?token=secret", [User, Upgrade, Connection, Version, Key] },
        { "an access token in the query", 400, "?access_token=secret", [User, Upgrade, Connection, Version, Key] },
        { "a subprotocol that is no token", 400, "", [User, Upgrade, Connection, Version, Key, "Sec-WebSocket-Protocol: a b"] },
        { "nobody", 401, "", [Upgrade, Connection, Version, Key] },
        { "a foreign origin", 403, "", [User, Upgrade, Connection, Version, Key, "Origin: http://evil.example"] },
        { "two users", 403, "", [TestAuthentication.UserHeader + ": alice,bob", Upgrade, Connection, Version, Key] },
        { "no upgrade", 426, "", [User, Version, Key] },
        { "another upgrade", 426, "", [User, "Upgrade: h2c", Connection, Version, Key] },
        { "no version", 426, "", [User, Upgrade, Connection, Key] },
        { "another version", 426, "", [User, Upgrade, Connection, Key, "Sec-WebSocket-Version: 8"] },
        { "too many headers", 431, "", [User, Upgrade, Connection, Version, Key, .. Enumerable.Range(0, 100).Select(i => $"X-{i}: 1")] },
    };

    /// <summary>What a page asks that cannot see why its handshake failed.</summary>
    public static TheoryData<string, int, string, string[]> PlainGets { get; } = new()
    {
        { "a token in the query", 400, "?token=secret", [User] },
        { "nobody", 401, "", [] },
        { "a foreign origin", 403, "", [User, "Origin: http://evil.example"] },
        { "what a handshake would be accepted for", 426, "", [User] },
        { "too many headers", 431, "", [User, .. Enumerable.Range(0, 100).Select(i => $"X-{i}: 1")] },
    };

    [PeerFact]
    public async Task Handshake_AsItShouldBe_IsAcceptedWithItsSubprotocolAndNoExtension()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        RawResponse response = await CurlAsync(
            server, "--http1.1", "", User, Upgrade, Connection, Version, Key, "Sec-WebSocket-Protocol: other, netra.v1", "Sec-WebSocket-Extensions: permessage-deflate");

        Assert.Equal((101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "netra.v1"), (response.Status, response["Sec-WebSocket-Accept"], response["Sec-WebSocket-Protocol"]));
        Assert.Null(response["Sec-WebSocket-Extensions"]);
    }

    [PeerTheory]
    [MemberData(nameof(Refusals))]
    public async Task Handshake_Refused_IsItsStatus(string what, int status, string query, string[] headers)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        AssertRefusal(what, status, await CurlAsync(server, "--http1.1", query, headers));
        Assert.Equal(0, server.Registry.Places.Taken);
    }

    [PeerTheory]
    [MemberData(nameof(PlainGets))]
    public async Task PlainGet_OverEachVersionOfHttp_IsTheSameStatus(string what, int status, string query, string[] headers)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RealtimeServer http2 = await RealtimeServer.StartAsync(setup => setup.Protocols = HttpProtocols.Http2);

        AssertRefusal(what, status, await CurlAsync(server, "--http1.1", query, headers));
        AssertRefusal(what, status, await CurlAsync(http2, "--http2-prior-knowledge", query, headers));
    }

    private static void AssertRefusal(string what, int status, RawResponse response)
    {
        Assert.True(status == response.Status, $"{what}: {response.Status}");
        Assert.Equal(status == 426 ? "13" : null, response["Sec-WebSocket-Version"]);
        Assert.Null(response["Sec-WebSocket-Accept"]);
    }

    private static async Task<RawResponse> CurlAsync(RealtimeServer server, string httpVersion, string query, params string[] headers)
    {
        // It would wait for the end of what it takes for the body of a 101.
        List<string> arguments = ["--silent", "--include", "--no-buffer", httpVersion, new Uri(server.Http, "/ws" + query).ToString()];
        foreach (string header in headers)
        {
            arguments.AddRange(["--header", header]);
        }

        using Process curl = Process.Start(new ProcessStartInfo(PeerTools.Curl, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!; // no shell, so it is a new process
        try
        {
            string? status = await curl.StandardOutput.ReadLineAsync().OrFail();
            Assert.NotNull(status);
            Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
            while (await curl.StandardOutput.ReadLineAsync().OrFail() is { Length: > 0 } line)
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                fields[line[..colon]] = line[(colon + 1)..].Trim();
            }

            return new RawResponse(int.Parse(status.Split(' ')[1], CultureInfo.InvariantCulture), fields);
        }
        finally
        {
            curl.Kill();
            await curl.WaitForExitAsync().OrFail();
        }
    }
}
