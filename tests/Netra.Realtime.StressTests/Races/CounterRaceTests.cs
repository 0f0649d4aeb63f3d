using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Races;

/// <summary>The counter of places alone, by threads that do nothing else: a lost count shows here in a moment, and behind whole connections hardly ever.</summary>
public sealed class CounterRaceTests
{
    private const int Threads = 4;
    private const int Max = 3;

    [Theory]
    [InlineData(Max, 0, nameof(ConnectStatus.TotalLimit))]
    [InlineData(1_000, Max, nameof(ConnectStatus.TenantLimit))]
    public async Task TakeAndRelease_ByThreadsThatDoNothingElse_NeverOneTooManyAndNoneLeaked(int max, int maxPerTenant, string refusal)
    {
        ConnectionCounter counter = new(max, maxPerTenant);
        int held = 0;
        int refused = 0;
        using Barrier together = new(Threads);
        Task[] threads = [.. Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(Hammer, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

        await Task.WhenAll(threads).OrFail();

        Assert.Equal((0, 0, Max), (counter.Taken, counter.Tenants, counter.Most));
        Assert.NotEqual(0, refused);

        void Hammer()
        {
            Assert.True(together.SignalAndWait(TestTimeout.Net));
            for (int i = 0; i < LongTests.Times(200_000, 10_000_000); i++)
            {
                int mine = 0;
                while (mine < 2) // two of each: of four threads, one too many is always asked for
                {
                    ConnectStatus status = counter.TryTake("red");
                    if (status != ConnectStatus.Connected)
                    {
                        Assert.Equal(refusal, status.ToString());
                        Interlocked.Increment(ref refused);
                        break;
                    }

                    mine++;
                    Assert.InRange(Interlocked.Increment(ref held), 1, Max);
                }

                while (mine-- > 0)
                {
                    Interlocked.Decrement(ref held);
                    counter.Release("red");
                }
            }
        }
    }
}
