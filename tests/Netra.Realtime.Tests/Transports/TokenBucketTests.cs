using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Transports;

public sealed class TokenBucketTests
{
    [Fact]
    public void TryTake_TheBurstAndOneMore_IsRefusedUntilItsTimeHasCome()
    {
        FakeTimeProvider time = new();
        TokenBucket bucket = new(3, 2, time);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(bucket.TryTake());
        }

        Assert.False(bucket.TryTake());
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(bucket.TryTake());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(bucket.TryTake());
        Assert.False(bucket.TryTake());
    }

    [Fact]
    public void TryTake_AfterALongTime_IsNoMoreThanTheBurst()
    {
        FakeTimeProvider time = new();
        TokenBucket bucket = new(2, 1, time);
        time.Advance(TimeSpan.FromDays(1));

        Assert.True(bucket.IsFull);
        Assert.True(bucket.TryTake() && bucket.TryTake());
        Assert.False(bucket.TryTake());
    }

    [Fact]
    public void TryTake_AskedAgainWithinATick_SeesTimePass()
    {
        NanosecondClock clock = new();
        TokenBucket bucket = new(1, 1_000_000, clock);
        Assert.True(bucket.TryTake());

        int asked = 1;
        while (!bucket.TryTake())
        {
            asked++;
        }

        Assert.InRange(asked, 1_000 / NanosecondClock.Step, (1_000 / NanosecondClock.Step) + 1); // a microsecond
    }

    /// <summary>A clock that is finer than the 100 ns of a <see cref="TimeSpan"/>, and goes on with each look.</summary>
    private sealed class NanosecondClock : TimeProvider
    {
        public const int Step = 50;
        private long _now;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => _now += Step;
    }
}
