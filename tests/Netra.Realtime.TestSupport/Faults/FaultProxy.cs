using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Netra.Realtime.TestSupport.Faults;

/// <summary>A bad line on the loopback: forwards TCP connections to a server, and breaks each as it was told.</summary>
/// <remarks>Bytes are never changed, held back for others, or sent in another order. Further faults belong into <see cref="FaultLink"/>, each as one more <see cref="FaultKind"/>.</remarks>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<FaultLink> _expected = new();
    private readonly ConcurrentQueue<FaultLink> _made = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly List<Task> _links = []; // only the accepting loop adds
    private readonly Task _accepting;
    private CancellationTokenSource _lines = new(); // of the connections since the last cut
    private volatile EndPoint _target;
    private volatile FaultPlan? _plan;

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

    /// <summary>Where connections from now on lead: another server, as behind an address that stays.</summary>
    public EndPoint Target
    {
        get => _target;
        set => _target = value;
    }

    /// <summary>What becomes of connections that nobody spoke for. Without a plan they do not break.</summary>
    public FaultPlan? Plan
    {
        get => _plan;
        set => _plan = value;
    }

    /// <summary>How many connections have broken as they were told.</summary>
    public int Broken => _made.Count(link => link.Broken.IsCompleted);

    /// <summary>The next connection that is not spoken for breaks like this.</summary>
    public FaultLink Expect(Fault fault)
    {
        FaultLink link = new(fault);
        _expected.Enqueue(link);
        return link;
    }

    /// <summary>Ends every connection that there is, as a server that dies does; those to come are accepted.</summary>
    public Task CutAsync() => Interlocked.Exchange(ref _lines, new CancellationTokenSource()).CancelAsync();

    /// <summary>Ends every connection, also those that are stalled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Dispose();
        await _accepting.OrFail();
        await CutAsync();
        await Task.WhenAll(_links).OrFail();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_disposed.Token);
                FaultLink link = _expected.TryDequeue(out FaultLink? expected) ? expected : new FaultLink(_plan?.Next() ?? Fault.None);
                _made.Enqueue(link);
                _links.Add(link.RunAsync(client, _target, Volatile.Read(ref _lines).Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException && _disposed.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
