using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>Finds out who has been without connections for the grace time: once for each time that somebody goes. One timer for all.</summary>
/// <remarks>
/// <para>Each connection enters before it leaves, so the count of a user says the truth whatever the order between connections. The
/// grace is the same for everybody, so whoever left first is due first, and a queue is all that it takes. Who came back and left again has a newer
/// number than his old place in the queue.</para>
/// <para><c>_gate</c> guards everything; the callback runs outside of it.</para>
/// </remarks>
internal sealed class OfflineWatch(TimeSpan grace, TimeProvider time, Action<UserId> wentOffline) : IDisposable
{
    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, Presence> _present = []; // connected, or gone for less than the grace
    private readonly Queue<(UserId User, long Leave, long At)> _left = new();
    private long _leaves;
    private ITimer? _timer;
    private bool _isDisposed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _present.Count;
            }
        }
    }

    public void Enter(UserId user)
    {
        lock (_gate)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_present, user, out _).Connections++;
        }
    }

    public void Leave(UserId user)
    {
        lock (_gate)
        {
            ref Presence presence = ref CollectionsMarshal.GetValueRefOrAddDefault(_present, user, out _);
            if (--presence.Connections > 0)
            {
                return;
            }

            presence.Leave = ++_leaves;
            _left.Enqueue((user, presence.Leave, time.GetTimestamp()));
            if (_left.Count == 1 && !_isDisposed)
            {
                _timer ??= time.CreateTimer(static state => ((OfflineWatch)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(grace, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private void Look()
    {
        List<UserId> gone = [];
        lock (_gate)
        {
            while (!_isDisposed && _left.TryPeek(out (UserId User, long Leave, long At) first))
            {
                TimeSpan missing = grace - time.GetElapsedTime(first.At);
                if (missing > TimeSpan.Zero)
                {
                    _timer!.Change(missing > ShortestTimer ? missing : ShortestTimer, Timeout.InfiniteTimeSpan); // it has just fired
                    break;
                }

                _left.Dequeue();
                if (_present.TryGetValue(first.User, out Presence presence) && presence.Connections == 0 && presence.Leave == first.Leave)
                {
                    _present.Remove(first.User);
                    gone.Add(first.User);
                }
            }
        }

        gone.ForEach(wentOffline);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Presence
    {
        public int Connections;
        public long Leave;
    }
}
