namespace Netra.Realtime.Connections;

/// <summary>How many messages of a client were refused within a minute. Safe for concurrent use: the reader and the handlers refuse.</summary>
internal sealed class RefusalCounter(int maxPerMinute, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _since = time.GetTimestamp();
    private int _refused;

    /// <summary>Counts one more.</summary>
    /// <returns>Whether that is still allowed.</returns>
    public bool TryCount()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_since) > Window)
            {
                _since = time.GetTimestamp();
                _refused = 0;
            }

            return ++_refused <= maxPerMinute;
        }
    }
}
