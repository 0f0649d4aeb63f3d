using System.Net;
using System.Net.Sockets;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class KernelSocketsTests
{
    private static readonly string[] Lines =
    [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0",
        "   1: 0100007F:1F90 0100007F:C350 01 00001000:00000000 01:00000019 00000000     0        0 2 2 0000000000000000 20 4 30 10 -1",
        "   2: 0100007F:1F90 0200007F:C351 01 00000800:00000000 01:00000019 00000000     0        0 3 2 0000000000000000 20 4 30 10 -1",
        "   3: 0100007F:C350 0100007F:1F90 01 00FF0000:00000900 00:00000000 00000000     0        0 4 1 0000000000000000 20 4 30 10 -1",
    ];

    [Fact]
    public void SendQueues_SocketsOfThePort_AreSummedAndNotTheOtherEnds() => Assert.Equal((0x1800, 0x1000), KernelSockets.SendQueues(Lines, 8080));

    [LinuxTheory]
    [InlineData(100_000)]
    public void SendQueues_APeerThatDoesNotRead_IsWhatWaitsForIt(int bytes)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096, SendBufferSize = 1024 * 1024 };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        client.Connect(listener.LocalEndPoint!); // it is bound
        using Socket server = listener.Accept();

        server.Send(new byte[bytes]);

        (long all, long most) = KernelSockets.SendQueues(((IPEndPoint)listener.LocalEndPoint!).Port);
        Assert.InRange(all, 1, bytes);
        Assert.Equal(all, most);
        Assert.True(KernelSockets.TcpBytes() > 0);
    }
}
