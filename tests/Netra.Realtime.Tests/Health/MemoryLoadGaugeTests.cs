using Netra.Realtime.Health;

namespace Netra.Realtime.Tests.Health;

public sealed class MemoryLoadGaugeTests
{
    private (long Collection, double Share) _seen;
    private int _collections;

    [Fact]
    public void Read_HighFigureThatHasNotChanged_IsRenewed()
    {
        MemoryLoadGauge gauge = Gauge();
        _seen = (7, 0.99);
        Assert.Equal(0.99, gauge.Read());
        Assert.Equal(0, _collections); // it is new

        Assert.Equal(0.5, gauge.Read());
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Read_HighFigureOfANewCollection_IsTakenAsItIs()
    {
        MemoryLoadGauge gauge = Gauge();
        for (int collection = 1; collection <= 3; collection++)
        {
            _seen = (collection, 0.99);
            Assert.Equal(0.99, gauge.Read());
        }

        Assert.Equal(0, _collections);
    }

    [Theory]
    [InlineData(0.849, 0)]
    [InlineData(0.85, 1)]
    public void Read_OldFigure_IsRenewedOnlyWhereItMatters(double share, int collections)
    {
        MemoryLoadGauge gauge = Gauge();
        _seen = (7, share);

        gauge.Read();
        gauge.Read();

        Assert.Equal(collections, _collections);
    }

    [Fact]
    public void Read_OfTheProcess_IsAShare()
    {
        GC.Collect(0);

        Assert.InRange(new MemoryLoadGauge(0).Read(), 0.001, 2);
    }

    private MemoryLoadGauge Gauge() => new(0.85, () => _seen, () =>
    {
        _collections++;
        _seen = (_seen.Collection + 1, 0.5);
    });
}
