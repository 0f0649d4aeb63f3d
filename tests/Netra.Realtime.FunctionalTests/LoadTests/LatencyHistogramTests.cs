using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1_000)]
    [InlineData(123_456_789)]
    [InlineData(60_000_000_000)]
    public void Quantile_OneValue_IsAtMostASixteenthAbove(long value)
    {
        LatencyHistogram histogram = new();
        histogram.Add(value);

        Assert.InRange(histogram.Quantile(0.5), value, value + (value / 16) + 1);
    }

    [Fact]
    public void Quantile_OneSlowInAHundred_ShowsOnlyAboveP99()
    {
        LatencyHistogram histogram = new();
        for (int i = 0; i < 99; i++)
        {
            histogram.Add(10);
        }

        histogram.Add(1_000);

        Assert.Equal((10, 10), (histogram.Quantile(0.5), histogram.Quantile(0.99)));
        Assert.InRange(histogram.Quantile(1), 1_000, 1_063);
    }
}
