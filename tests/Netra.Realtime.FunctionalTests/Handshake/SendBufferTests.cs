using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class SendBufferTests
{
    [Theory]
    [InlineData(8 * 1024)]
    [InlineData(128 * 1024)]
    public async Task Connect_SendBufferOfTheOptions_IsThatOfTheSocket(int bytes)
    {
        using Socket like = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = bytes };

        Assert.Equal(like.SendBufferSize, await SizeAfterConnectAsync(bytes)); // a kernel counts in its own way
    }

    [Fact]
    public async Task Connect_NoSendBufferInTheOptions_LeavesItToTheKernel()
    {
        using Socket like = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = 128 * 1024 };

        Assert.NotEqual(like.SendBufferSize, await SizeAfterConnectAsync(0));
    }

    private static async Task<int> SizeAfterConnectAsync(int bytes)
    {
        Socket? socket = null;
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => options.Delivery.SendBufferBytes = bytes;
            setup.UsesListener = false; // it shows no socket
            setup.App = app => app.Use((context, next) =>
            {
                socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
                return next(context);
            });
        });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        return socket!.SendBufferSize; // the client has its welcome, so the request has come
    }
}
