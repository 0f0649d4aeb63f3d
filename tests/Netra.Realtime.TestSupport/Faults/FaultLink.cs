using System.Net;
using System.Net.Sockets;

namespace Netra.Realtime.TestSupport.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>. In each direction it holds one piece of at most 4 KiB, and takes no other before that has left.</summary>
internal sealed class FaultLink(Fault fault)
{
    private const int BufferBytes = 4096;

    // A slow line holds little: what the sender has sent waits on its side.
    private const int SlowReceiveBufferBytes = 16 * 1024;

    // A slow line moves so often, with what its rate allows in the meantime.
    private static readonly TimeSpan SlowPace = TimeSpan.FromMilliseconds(20);

    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isCut;

    public Fault Fault => fault;

    /// <summary>When its fault has begun. A client on a line that only stalls has no other way to know.</summary>
    public Task Broken => _broken.Task;

    public async Task RunAsync(Socket ownedClient, EndPoint target, CancellationToken ended)
    {
        using Socket client = ownedClient;
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.NoDelay = server.NoDelay = true;
        (Socket from, Socket to) = fault.To == FaultSide.Client ? (server, client) : (client, server);
        if (fault.BytesPerSecond > 0)
        {
            from.ReceiveBufferSize = SlowReceiveBufferBytes; // of the server's side before the connect: it decides the window
        }

        try
        {
            await server.ConnectAsync(target, ended);
            Task<bool> back = PumpAsync(to, from, fault.OtherBytes, bytesPerSecond: 0, ended);
            Task<bool> forth = PumpAsync(from, to, fault.AfterBytes, fault.Kind == FaultKind.Trickle ? 0 : fault.BytesPerSecond, ended);
            if (await Task.WhenAny(forth, back) == back && await back)
            {
                _isCut = true;
                _broken.TrySetResult();
                client.Dispose();
                server.Dispose();
                await forth;
            }
            else if (await forth)
            {
                await BreakAsync(from, to, back, ended);
            }
            else
            {
                await back; // this side has ended: the other may still end its own
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two is gone, or the proxy has ended the line: the other sees an end.
        }
    }

    private async Task BreakAsync(Socket from, Socket to, Task<bool> back, CancellationToken ended)
    {
        _isCut = fault.Kind is FaultKind.Close or FaultKind.Reset or FaultKind.Stall;
        _broken.TrySetResult();
        switch (fault.Kind)
        {
            case FaultKind.Reset:
                from.LingerState = to.LingerState = new LingerOption(enable: true, seconds: 0);
                break;
            case FaultKind.Stall:
                await Task.Delay(Timeout.InfiniteTimeSpan, ended);
                break;
            case FaultKind.HalfClose:
                to.Shutdown(SocketShutdown.Send);
                await back;
                break;
            case FaultKind.HalfStall:
                await back;
                break;
            case FaultKind.Trickle:
                if (!await PumpAsync(from, to, fault.TrickleBytes, fault.BytesPerSecond, ended))
                {
                    await back;
                }
                break;
        }
        _isCut = true;
    }

    // Returns true when the last byte that may go through has; false at the end.
    private async Task<bool> PumpAsync(Socket from, Socket to, long budgetBytes, int bytesPerSecond, CancellationToken ended)
    {
        byte[] buffer = new byte[bytesPerSecond == 0 ? BufferBytes : Math.Clamp((int)(bytesPerSecond * SlowPace.TotalSeconds), 1, BufferBytes)];
        try
        {
            while (budgetBytes > 0)
            {
                int count = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(budgetBytes, buffer.Length)), ended);
                if (_isCut)
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
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), ended);
                }
                budgetBytes -= count;
                if (bytesPerSecond > 0)
                {
                    // From each piece on its own: what a pause has left over is not caught up with.
                    await Task.Delay(TimeSpan.FromSeconds((double)count / bytesPerSecond), ended);
                }
            }
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException && !_isCut)
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
