using System.Net;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>Whether and when to come back: section 6 of the protocol. One caller at a time.</summary>
internal sealed class ReconnectPolicy(TimeProvider time, Func<double> random)
{
    private const int MaxProtocolErrors = 3;

    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);

    // How late a server may handle an attempt that its client has given up.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(60);

    // When attempts were given up, oldest first; those that count no more leave with the next.
    private readonly Queue<long> _givenUp = new();
    private int _attempts;
    private int _protocolErrors;

    /// <summary>How long to stay away; null for good.</summary>
    public TimeSpan? After(ConnectionEnd end)
    {
        if (end.LivedFor >= Settled)
        {
            (_attempts, _protocolErrors) = (0, 0);
        }

        ForgetOld();
        if (end.IsGivenUp)
        {
            _givenUp.Enqueue(time.GetTimestamp());
        }

        if (end.IsFinal || end.HttpStatus is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return null;
        }

        ClientAction action = end.Reason.Action;
        if (action == ClientAction.StayAway)
        {
            // An old attempt of our own, handled late, has taken the place of this connection: nobody else is there to leave it to.
            return end.Reason.Code == CloseReason.Superseded.Code && _givenUp.TryDequeue(out _) ? TimeSpan.Zero : null;
        }

        _protocolErrors = action == ClientAction.ReconnectAtMostThreeTimes ? _protocolErrors + 1 : 0;
        if (_protocolErrors == MaxProtocolErrors)
        {
            return null;
        }

        TimeSpan floor = action switch
        {
            ClientAction.ReconnectAfter30Seconds => TimeSpan.FromSeconds(30),
            ClientAction.ReconnectAfter5Seconds => TimeSpan.FromSeconds(5),
            _ => TimeSpan.Zero,
        };
        floor = end.NotSooner > floor ? end.NotSooner : floor;
        return floor + Backoff(floor == TimeSpan.Zero);
    }

    // The first at once; with a floor not even that, so that those who were refused together spread.
    private TimeSpan Backoff(bool mayBeAtOnce)
    {
        int attempt = _attempts++;
        if (attempt == 0 && mayBeAtOnce)
        {
            return TimeSpan.Zero;
        }

        // 0.5 s x 2^6 is above the most already, and a shift must not run over.
        TimeSpan most = FirstBackoff * (1 << Math.Clamp(attempt - 1, 0, 6));
        return (most < MaxBackoff ? most : MaxBackoff) * random();
    }

    private void ForgetOld()
    {
        while (_givenUp.TryPeek(out long since) && time.GetElapsedTime(since) > Late)
        {
            _givenUp.Dequeue();
        }
    }
}
