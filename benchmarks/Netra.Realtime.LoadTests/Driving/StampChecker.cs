using System.Globalization;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Whether every user got what is for him, all of it, once, in order.</summary>
/// <param name="addressees">Per user, the name that stamps for him bear.</param>
/// <param name="expected">How many events each user is to get, numbered from 0.</param>
internal sealed class StampChecker(byte[][] addressees, long expected)
{
    private readonly long[] _next = new long[addressees.Length];
    private int _done;

    /// <summary>Stamps that came, right or wrong.</summary>
    public long Received { get; private set; }

    public long WrongAddressee { get; private set; }

    /// <summary>Numbers that were skipped. One that comes later counts as out of order too: it did not come where it should.</summary>
    public long Skipped { get; private set; }

    /// <summary>Numbers that were not above the last one: reordered, or a second time.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Numbers above the last one that there is.</summary>
    public long Unexpected { get; private set; }

    public long Malformed { get; private set; }

    /// <summary>Whether every user has got the last event: what has not come by now is skipped, so nothing more is to come.</summary>
    public bool IsComplete => _done == _next.Length;

    /// <summary>Events at the end that have not come.</summary>
    public long Missing => _next.Sum(next => expected - next);

    public long Faults => WrongAddressee + Skipped + OutOfOrder + Unexpected + Malformed + Missing;

    public void Take(int user, ReadOnlySpan<byte> to, long n)
    {
        Received++;
        if (!to.SequenceEqual(addressees[user]))
        {
            WrongAddressee++;
            return;
        }

        long next = _next[user];
        if (n < next)
        {
            OutOfOrder++;
            return;
        }

        if (n >= expected)
        {
            Unexpected++;
            return;
        }

        Skipped += n - next;
        _next[user] = n + 1;
        if (n == expected - 1)
        {
            _done++;
        }
    }

    public void TakeMalformed() => Malformed++;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"wrong addressee {WrongAddressee}, skipped {Skipped}, out of order {OutOfOrder}, unexpected {Unexpected}, malformed {Malformed}, missing {Missing}");
}
