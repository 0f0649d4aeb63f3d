using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class FramedServerOverKestrelHttp11Tests() : FramedOverKestrelTests(HttpProtocols.Http1)
{
    protected override bool IsServer => true;
}

public sealed class FramedClientOverKestrelHttp11Tests() : FramedOverKestrelTests(HttpProtocols.Http1)
{
    protected override bool IsServer => false;
}

public sealed class FramedServerOverKestrelHttp2Tests() : FramedOverKestrelTests(HttpProtocols.Http2)
{
    protected override bool IsServer => true;
}

public sealed class FramedClientOverKestrelHttp2Tests() : FramedOverKestrelTests(HttpProtocols.Http2)
{
    protected override bool IsServer => false;
}

/// <summary>The streams that Kestrel gives after an upgrade (HTTP/1.1) and an extended <c>CONNECT</c> (HTTP/2, RFC 8441), and those of <see cref="SocketsHttpHandler"/> at their other ends.</summary>
public abstract class FramedOverKestrelTests : FramedTransportTests, IAsyncLifetime
{
    private readonly HttpProtocols _protocols;
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private readonly TaskCompletionSource _isOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<(Stream Stream, HttpContext Context)> _accepted = Channel.CreateUnbounded<(Stream, HttpContext)>();

    protected FramedOverKestrelTests(HttpProtocols protocols)
    {
        _protocols = protocols;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        _app = builder.Build();
        _app.Run(AcceptAsync);
    }

    public Task InitializeAsync() => _app.StartAsync(CancellationToken.None).OrFail();

    public async Task DisposeAsync()
    {
        _isOver.TrySetResult();
        _http.Dispose();
        await _app.DisposeAsync().OrFail();
    }

    protected override async Task<Line> OpenAsync()
    {
        HttpRequestMessage request = new(_protocols == HttpProtocols.Http2 ? HttpMethod.Connect : HttpMethod.Get, _app.Urls.Single());
        if (_protocols == HttpProtocols.Http2)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            request.Headers.Protocol = "websocket";
        }
        else
        {
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.ParseAdd("websocket");
        }

        HttpResponseMessage response = await _http.SendAsync(request, CancellationToken.None).OrFail();
        Stream client = await response.Content.ReadAsStreamAsync(CancellationToken.None).OrFail();
        (Stream server, HttpContext context) = await _accepted.Reader.ReadAsync(CancellationToken.None).OrFail();
        return IsServer ? new Line(server, client, response.Dispose, context.Abort) : new Line(client, server, context.Abort, response.Dispose);
    }

    private async Task AcceptAsync(HttpContext context)
    {
        Stream stream = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            ? await connect.AcceptAsync()
            : await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        await _accepted.Writer.WriteAsync((stream, context), CancellationToken.None);
        await _isOver.Task; // the stream is there while the request is
    }
}
