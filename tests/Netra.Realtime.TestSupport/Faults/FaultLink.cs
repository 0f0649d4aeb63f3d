using System.Net;
using System.Net.Sockets;

namespace Netra.Realtime.TestSupport.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class FaultLink(Fault fault)
{
    private const int BufferBytes = 4096;

    // A slow line holds little: what the server has sent waits on its side.
    private const int SlowReceiveBufferBytes = 16 * 1024;

    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStalled;

    public Fault Fault => fault;

    /// <summary>When it has broken. A client on a line that only stalls has no other way to know.</summary>
    public Task Broken => _broken.Task;

    public async Task RunAsync(Socket ownedClient, EndPoint target, CancellationToken disposed)
    {
        using Socket client = ownedClient;
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.NoDelay = server.NoDelay = true;
        if (fault.BytesPerSecond > 0)
        {
            server.ReceiveBufferSize = SlowReceiveBufferBytes; // before the connect: it decides the window
        }

        try
        {
            await server.ConnectAsync(target, disposed);
            Task<bool> up = PumpAsync(client, server, long.MaxValue, bytesPerSecond: 0, disposed);
            if (await PumpAsync(server, client, fault.AfterBytes, fault.BytesPerSecond, disposed))
            {
                await BreakAsync(client, server, disposed);
            }
            else
            {
                await up; // the server has ended its side: the client may still end its own
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two is gone, or the proxy: the other sees an end.
        }
    }

    private async Task BreakAsync(Socket client, Socket server, CancellationToken disposed)
    {
        _isStalled = true;
        _broken.TrySetResult();
        switch (fault.Kind)
        {
            case FaultKind.Reset:
                client.LingerState = server.LingerState = new LingerOption(enable: true, seconds: 0);
                break;
            case FaultKind.Stall:
                await Task.Delay(Timeout.InfiniteTimeSpan, disposed);
                break;
        }
    }

    // Returns true when the last byte that may go through has; false at the end.
    private async Task<bool> PumpAsync(Socket from, Socket to, long budgetBytes, int bytesPerSecond, CancellationToken disposed)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            while (budgetBytes > 0)
            {
                int count = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(budgetBytes, BufferBytes)), disposed);
                if (_isStalled)
                {
                    return false;
                }
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return false;
                }
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), disposed);
                }
                budgetBytes -= count;
                if (bytesPerSecond > 0)
                {
                    // From each piece on its own: what a pause has left over is not caught up with.
                    await Task.Delay(TimeSpan.FromSeconds((double)count / bytesPerSecond), disposed);
                }
            }
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException && !_isStalled)
        {
            // A reset of one side is one of the other: nothing that still waits there would be answered.
            from.Dispose();
            to.Dispose();
            return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // of a line that is broken already
        }
    }
}
