namespace Netra.Realtime.Sessions;

/// <summary>The places of the whole host: taken and given back atomically, never more than there are.</summary>
/// <remarks>Safe for concurrent use. A newcomer that supersedes takes over its predecessor's place, so the count does not move.</remarks>
internal sealed class ConnectionCounter(int max)
{
    private int _taken;

    public int Max { get; } = max;

    public int Taken => Volatile.Read(ref _taken);

    public bool TryTake()
    {
        int taken = Volatile.Read(ref _taken);
        while (taken < Max)
        {
            int before = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (before == taken)
            {
                return true;
            }

            taken = before;
        }

        return false;
    }

    public void Release() => Interlocked.Decrement(ref _taken);
}
