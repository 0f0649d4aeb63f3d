using Netra.Realtime.Sessions;

namespace Netra.Realtime.StressTests.Places;

/// <summary>
/// A clock that looks at a user's places whenever the library reads it with that user's gate held. Admitting reads it right after the place is
/// taken and before the gate is given up, so the most that is seen here is the most that there ever was, and no sample of it.
/// </summary>
internal sealed class PlaceClock(TimeProvider inner) : TimeProvider
{
    [ThreadStatic]
    private static UserSession? _connecting;

    [ThreadStatic]
    private static int _seen;

    private int _mostOfUser;
    private int _mostInAll;

    /// <summary>Where the places of the host are read.</summary>
    public ConnectionCounter? Places { get; set; }

    public int MostOfUser => Volatile.Read(ref _mostOfUser);

    public int MostInAll => Volatile.Read(ref _mostInAll);

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override long GetTimestamp()
    {
        if (_connecting is { Gate.IsHeldByCurrentThread: true } session)
        {
            _seen++;
            Raise(ref _mostOfUser, session.CursorsOf(null).Length);
            Raise(ref _mostInAll, Places!.Taken); // set before anybody connects
        }
        return inner.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);

    /// <summary>Connects on this thread.</summary>
    /// <returns>What the connect returned, and whether it was admitted: only that reads the clock under the gate.</returns>
    public (T Result, bool IsAdmitted) Watch<T>(UserSession session, Func<T> connect)
    {
        (_connecting, _seen) = (session, 0);
        try
        {
            return (connect(), _seen > 0);
        }
        finally
        {
            _connecting = null;
        }
    }

    private static void Raise(ref int most, int to)
    {
        int before = Volatile.Read(ref most);
        while (before < to && Interlocked.CompareExchange(ref most, to, before) is var now && now != before)
        {
            before = now;
        }
    }
}
