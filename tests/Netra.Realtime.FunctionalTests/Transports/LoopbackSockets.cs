using System.Net;
using System.Net.Sockets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>Two ends of one connection.</summary>
public static class LoopbackSockets
{
    public static async Task<(Socket Accepted, Socket Connected)> ConnectAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket connected = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connected.ConnectAsync(listener.LocalEndpoint).OrFail();
        Socket accepted = await listener.AcceptSocketAsync().OrFail();
        accepted.NoDelay = true;
        return (accepted, connected);
    }
}
