using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Netra.Realtime.TestSupport.Faults;

/// <summary>A bad line on the loopback: forwards TCP connections to a server, and breaks each as it was told.</summary>
/// <remarks>Further faults, such as a trickle or half a close, belong into <see cref="FaultLink"/>, each as one more <see cref="FaultKind"/>.</remarks>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<FaultLink> _expected = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly List<Task> _links = []; // only the accepting loop adds
    private readonly EndPoint _target;
    private readonly Task _accepting;

    public FaultProxy(EndPoint target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!; // it is bound
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The next connection that is not spoken for breaks like this. One that nobody spoke for does not break.</summary>
    public FaultLink Expect(Fault fault)
    {
        FaultLink link = new(fault);
        _expected.Enqueue(link);
        return link;
    }

    /// <summary>Ends every connection, also those that are stalled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Dispose();
        await _accepting.OrFail();
        await Task.WhenAll(_links).OrFail();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_disposed.Token);
                FaultLink link = _expected.TryDequeue(out FaultLink? expected) ? expected : new FaultLink(Fault.None);
                _links.Add(link.RunAsync(client, _target, _disposed.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException && _disposed.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
