using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>The bad line itself: what it lets through, and how it ends.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly FaultProxy _proxy;

    public FaultProxyTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _server.Listen();
        _proxy = new FaultProxy(_server.LocalEndPoint!); // it is bound
    }

    [Theory]
    [InlineData("Close", 1)]
    [InlineData("Close", 5_000)]
    [InlineData("Reset", 1)]
    [InlineData("None", 10_000)]
    public async Task Link_BrokenAfterSomeBytes_LetsNoOtherByteThroughAndEndsBothSides(string kind, int bytes)
    {
        Fault fault = kind == "None" ? Fault.None : new Fault(Enum.Parse<FaultKind>(kind), bytes);
        FaultLink link = _proxy.Expect(fault);
        (Socket client, Socket server) = await ConnectAsync();

        await server.SendAsync(new byte[10_000]);
        if (fault == Fault.None)
        {
            server.Shutdown(SocketShutdown.Send);
        }

        int received = await CountAsync(client);
        Assert.InRange(received, fault.Kind == FaultKind.Reset ? 0 : bytes, bytes); // a reset may overtake what was not read yet
        client.Dispose(); // the server of a line without a fault waits for it
        Assert.Equal(0, await CountAsync(server));
        Assert.Equal(fault != Fault.None, link.Broken.IsCompleted);
    }

    [Fact]
    public async Task Link_Stalled_LetsNothingThroughAndTellsNobody()
    {
        FaultLink link = _proxy.Expect(new Fault(FaultKind.Stall, 3));
        (Socket client, Socket server) = await ConnectAsync();

        await server.SendAsync(new byte[10]);
        await link.Broken.OrFail();
        byte[] received = new byte[10];
        Assert.Equal(3, await client.ReceiveAsync(received));
        Task<int> more = client.ReceiveAsync(received);
        Task<int> asked = server.ReceiveAsync(new byte[10]);
        await client.SendAsync(new byte[1]);
        Assert.False(more.IsCompleted || asked.IsCompleted);

        await _proxy.DisposeAsync();
        await Task.WhenAny(more).OrFail();
        await Task.WhenAny(asked).OrFail();
    }

    [Fact]
    public async Task Link_Slow_LetsEverythingThroughInItsOwnTime()
    {
        _proxy.Expect(Fault.None with { BytesPerSecond = 20_000 });
        (Socket client, Socket server) = await ConnectAsync();
        Stopwatch watch = Stopwatch.StartNew();

        await server.SendAsync(new byte[10_000]);
        server.Shutdown(SocketShutdown.Send);

        Assert.Equal(10_000, await CountAsync(client));
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.45));
        client.Dispose();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_proxy.EndPoint);
        return (client, await _server.AcceptAsync().OrFail());
    }

    private static async Task<int> CountAsync(Socket socket)
    {
        int bytes = 0;
        byte[] buffer = new byte[1_000];
        try
        {
            for (int count = -1; count != 0; bytes += count)
            {
                count = await socket.ReceiveAsync(buffer).OrFail();
            }
        }
        catch (SocketException)
        {
            // A reset is an end.
        }
        return bytes;
    }
}
