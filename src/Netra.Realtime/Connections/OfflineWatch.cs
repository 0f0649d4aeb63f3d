using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>Finds out who has been without connections for the grace time: once for each time that somebody goes. One timer for all.</summary>
/// <remarks>
/// <para>Each connection enters before it leaves, so the count of a user says the truth whatever the order between connections. A user waits in the
/// queue at most once: whoever came back, or left again since, is found out when his turn comes, and waits on if need be.</para>
/// <para><c>_gate</c> guards everything; the callback runs outside of it.</para>
/// </remarks>
internal sealed class OfflineWatch(TimeSpan grace, TimeProvider time, Action<UserId> wentOffline) : IDisposable
{
    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, Presence> _present = []; // connected, or gone for less than the grace
    private readonly PriorityQueue<UserId, long> _waiting = new(); // by when they left, as they were when they were put there
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

    /// <summary>How many of them wait for the end of their grace, or have come back meanwhile.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
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

            presence.LeftAt = time.GetTimestamp();
            if (presence.IsWaiting || _isDisposed)
            {
                return;
            }

            presence.IsWaiting = true;
            _waiting.Enqueue(user, presence.LeftAt);
            if (_waiting.Count == 1)
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
            while (!_isDisposed && _waiting.TryPeek(out UserId user, out long leftAt))
            {
                TimeSpan missing = grace - time.GetElapsedTime(leftAt);
                if (missing > TimeSpan.Zero)
                {
                    _timer!.Change(missing > ShortestTimer ? missing : ShortestTimer, Timeout.InfiniteTimeSpan); // it has just fired
                    break;
                }

                _waiting.Dequeue();
                ref Presence presence = ref CollectionsMarshal.GetValueRefOrNullRef(_present, user); // whoever waits is there
                presence.IsWaiting = presence.Connections == 0 && presence.LeftAt != leftAt; // it came and left again: from then on
                if (presence.IsWaiting)
                {
                    _waiting.Enqueue(user, presence.LeftAt);
                }
                else if (presence.Connections == 0)
                {
                    _present.Remove(user);
                    gone.Add(user);
                }
            }
        }

        gone.ForEach(wentOffline);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Presence
    {
        public int Connections;
        public long LeftAt;
        public bool IsWaiting;
    }
}
