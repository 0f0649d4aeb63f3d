using System.Buffers.Text;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class SubprotocolTests
{
    private static readonly string Jwt = "jwt." + Base64Url.EncodeToString("token-of-alice"u8);

    [Theory]
    [InlineData("netra.v1", 101, "netra.v1")]
    [InlineData("other, netra.v1", 101, "netra.v1")]
    [InlineData("netra.v2,netra.v1", 101, "netra.v1")]
    [InlineData("netra.v1, jwt.eA", 101, "netra.v1")]
    [InlineData("jwt.eA, netra.v1", 101, "netra.v1")]
    [InlineData("netra.v2", 101, null)]
    [InlineData("other", 101, null)]
    [InlineData("jwt.eA", 400, null)]
    [InlineData("jwt.eA, netra.v2", 400, null)]
    [InlineData("netra v1", 400, null)]
    [InlineData("netra.v1, a/b", 400, null)]
    [InlineData("\"netra.v1\"", 400, null)]
    [InlineData(",,", 400, null)]
    public async Task Subprotocols_Offered_OnlyVersionOneIsEchoed(string offered, int status, string? echoed)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { ["Sec-WebSocket-Protocol"] = offered });

        Assert.Equal((status, echoed), (response.Status, response["Sec-WebSocket-Protocol"]));
    }

    [Fact]
    public async Task Subprotocols_OnlyAnUnknownVersion_WarnsOnce()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        for (int i = 0; i < 2; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            await client.HandshakeAsync(server, "alice", new() { ["Sec-WebSocket-Protocol"] = "netra.v9" });
        }

        Assert.Single(server.Logs.All, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("unknown versions", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(' ')]
    [InlineData(',')]
    [InlineData('\t')]
    public async Task Subprotocols_ThirtyTwoThousandOfNothing_AreRefused(char filler)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        string padding = new(filler, 32_000);

        foreach (string header in new[] { padding, "a" + padding + "b" })
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            RawResponse response = await client.HandshakeAsync(server, "alice", new() { ["Sec-WebSocket-Protocol"] = header });
            int expected = TestTransport.IsListener ? 431 : filler == ',' && header.Length > 32_000 ? 101 : 400; // a list of a, b and empty entries is one
            Assert.Equal(expected, response.Status);
        }
    }

    [Theory]
    [InlineData(32, 101)]
    [InlineData(33, 400)]
    public async Task Subprotocols_AtAndAboveTheMost_AreAcceptedAndRefused(int count, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(
            server, "alice", new() { ["Sec-WebSocket-Protocol"] = string.Join(", ", Enumerable.Range(0, count).Select(i => $"p{i}")) });

        Assert.Equal(status, response.Status);
    }

    [Theory]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits")]
    [InlineData("permessage-deflate; server_max_window_bits=0")]
    [InlineData("permessage-deflate; server_max_window_bits=7")]
    [InlineData("permessage-deflate; server_max_window_bits=16")]
    [InlineData("permessage-deflate; client_max_window_bits=99; client_max_window_bits=99")]
    [InlineData("permessage-deflate; server_max_window_bits=\"x\", permessage-deflate")]
    public async Task Extension_Offered_IsDeclinedAndTheConnectionWorks(string offered)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { ["Sec-WebSocket-Extensions"] = offered });

        Assert.Equal((101, null), (response.Status, response["Sec-WebSocket-Extensions"]));
        Assert.StartsWith("""{"type":"welcome",""", Encoding.UTF8.GetString((await client.ReadFrameAsync())!.Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_AsASubprotocol_AuthenticatesAndIsNeverEchoed()
    {
        await using RealtimeServer server = await StartWithTokensAsync();

        await using TestClient client = await TestClient.OpenAsync(server, null, configure: options =>
        {
            options.AddSubProtocol("netra.v1");
            options.AddSubProtocol(Jwt);
        });

        Assert.Equal("alice", Assert.IsType<Netra.Realtime.Protocol.WelcomeMessage>(await client.NextAsync()).UserId);
        Assert.Equal("netra.v1", client.SubProtocol);
        Assert.DoesNotContain(server.Logs.All, line => line.Contains(" Netra.", StringComparison.Ordinal) && line.Contains("token-of-alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_AsAHeader_Authenticates()
    {
        await using RealtimeServer server = await StartWithTokensAsync();

        await using TestClient client = await TestClient.OpenAsync(server, null, configure: options => options.SetRequestHeader("Authorization", "Bearer token-of-alice"));

        Assert.Equal("alice", Assert.IsType<Netra.Realtime.Protocol.WelcomeMessage>(await client.NextAsync()).UserId);
    }

    [Theory]
    [InlineData("netra.v1")]
    [InlineData("netra.v1, jwt.")]
    [InlineData("netra.v1, jwt.%%%")]
    [InlineData("netra.v1, jwt.d3Jvbmc")]
    [InlineData("netra.v1, jwt.__8")]
    [InlineData("netra.v1, jwt.dG9rZW4tb2YtYWxpY2U, jwt.dG9rZW4tb2YtYWxpY2U")]
    [InlineData("jwt.d3Jvbmc")]
    public async Task Token_WrongOrTwo_IsUnauthorized(string offered)
    {
        await using RealtimeServer server = await StartWithTokensAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, null, new() { ["Sec-WebSocket-Protocol"] = offered });

        Assert.Equal((401, null), (response.Status, response["Sec-WebSocket-Protocol"]));
    }

    private static Task<RealtimeServer> StartWithTokensAsync() => RealtimeServer.StartAsync(setup =>
    {
        setup.HasTestAuthentication = false;
        setup.Services = services => services.AddAuthentication("Bearer").AddScheme<AuthenticationSchemeOptions, BearerAuthentication>("Bearer", null);
    });

    /// <summary>What a bearer handler does: the header, or else what its application finds.</summary>
    private sealed class BearerAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? header = Request.Headers.Authorization;
            string? token = header?.StartsWith("Bearer ", StringComparison.Ordinal) == true ? header["Bearer ".Length..] : Request.GetNetraRealtimeToken();
            return Task.FromResult(token switch
            {
                null => AuthenticateResult.NoResult(),
                "token-of-alice" => AuthenticateResult.Success(
                    new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "alice")], Scheme.Name)), Scheme.Name)),
                _ => AuthenticateResult.Fail("No such token."),
            });
        }
    }
}
