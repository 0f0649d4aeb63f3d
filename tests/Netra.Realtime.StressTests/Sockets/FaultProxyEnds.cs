using System.Net;
using System.Net.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>A proxy between bare sockets.</summary>
internal sealed class FaultProxyEnds : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _sockets = [];

    public FaultProxyEnds()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Proxy = new FaultProxy(ServerEndPoint);
    }

    public FaultProxy Proxy { get; }

    public EndPoint ServerEndPoint => _listener.LocalEndPoint!; // it is bound

    public async Task<Socket> ConnectClientAsync()
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(client);
        await client.ConnectAsync(Proxy.EndPoint).OrFail();
        return client;
    }

    public async Task<Socket> AcceptAsync()
    {
        Socket server = await _listener.AcceptAsync().OrFail();
        _sockets.Add(server);
        server.NoDelay = true;
        return server;
    }

    public async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        Socket client = await ConnectClientAsync();
        return (client, await AcceptAsync());
    }

    /// <summary>Both ends of a connection, by who receives.</summary>
    public async Task<(Socket From, Socket To)> ConnectAsync(FaultSide to)
    {
        (Socket client, Socket server) = await ConnectAsync();
        return to == FaultSide.Client ? (server, client) : (client, server);
    }

    /// <summary>All that comes until the end, or a reset, which is one.</summary>
    public static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        List<byte> received = [];
        byte[] buffer = new byte[4_096];
        try
        {
            for (int count = -1; count != 0;)
            {
                count = await socket.ReceiveAsync(buffer).OrFail();
                received.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (SocketException)
        {
        }
        return [.. received];
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _sockets.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }
}
