using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Places;

/// <summary>Many race for few places, and some leave meanwhile: never one too many, not even for a moment, and none lost.</summary>
/// <remarks>A failure prints its seed: <c>NETRA_STRESS_SEED=... dotnet test --filter WatchedPlaces</c> begins with it.</remarks>
public sealed class WatchedPlacesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ConnectionLimitPolicy.RefuseNewest)]
    [InlineData(ConnectionLimitPolicy.EvictOldest)]
    [InlineData(ConnectionLimitPolicy.EvictLeastRecentlyActive)]
    public async Task Connect_FiveHundredForThreePlacesOfAUser_NeverOneTooMany(ConnectionLimitPolicy policy)
    {
        PlaceCounts counts = await RunAsync(policy, PlaceRaceSize.OneUser, races: 50);

        // All places were taken at some time. Whoever has connections of its own to give up is never refused.
        Assert.Equal(3, counts.MostOfUser);
        Assert.Equal(policy == ConnectionLimitPolicy.RefuseNewest, counts.Refused > 0);
        Assert.Equal(policy != ConnectionLimitPolicy.RefuseNewest, counts.Evicted > 0);
    }

    [Theory]
    [InlineData(ConnectionLimitPolicy.RefuseNewest)]
    [InlineData(ConnectionLimitPolicy.EvictOldest)]
    [InlineData(ConnectionLimitPolicy.EvictLeastRecentlyActive)]
    public async Task Connect_FiveThousandForAHundredPlacesInAll_NeverOneTooMany(ConnectionLimitPolicy policy)
    {
        PlaceCounts counts = await RunAsync(policy, PlaceRaceSize.ManyUsers, races: LongTests.Times(5, 50));

        // Nobody gives up a place for another user.
        Assert.Equal(100, counts.MostInAll);
        Assert.True(counts.Refused > 0);
        Assert.Equal(policy != ConnectionLimitPolicy.RefuseNewest, counts.Evicted > 0);
    }

    private async Task<PlaceCounts> RunAsync(ConnectionLimitPolicy policy, PlaceRaceSize size, int races)
    {
        PlaceCounts counts = new();
        Stopwatch watch = Stopwatch.StartNew();
        int seed = int.TryParse(Environment.GetEnvironmentVariable("NETRA_STRESS_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        for (int race = 0; race < races; race++, seed = unchecked(seed + 1) & int.MaxValue)
        {
            try
            {
                await new PlaceRace(seed, policy, size, counts).RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"NETRA_STRESS_SEED={seed} begins with the race that failed: {e.Message}", e);
            }
        }
        output.WriteLine($"{policy}, {watch.Elapsed.TotalSeconds:F1} s: {counts}");
        return counts;
    }
}
