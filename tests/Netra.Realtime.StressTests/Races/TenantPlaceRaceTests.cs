using System.Diagnostics;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Races;

/// <summary>Thousands race for the last places of their tenant, and some leave meanwhile: never one too many at any instant, none leaked. Of a user and of the host: <c>Places</c>.</summary>
public sealed class TenantPlaceRaceTests(ITestOutputHelper output)
{
    private const int Places = 100;

    public static TheoryData<ConnectionLimitPolicy> Policies => [.. Enum.GetValues<ConnectionLimitPolicy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public Task Tenant_5000RaceForAHundred_NeverOneTooManyAndNoneLeaked(ConnectionLimitPolicy policy) => RaceAsync(
        policy,
        racers: 5_000,
        places: Places,
        rounds: LongTests.Times(3, 50),
        static racer => UserId.Create($"user-{racer % 500}", "red"),
        static options => (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerTenant) = (10_000, Places),
        neighbour: UserId.Create("user-1", "blue"),
        CloseReason.TenantConnectionLimit);

    // The most that the counter ever saw is of the limit that is raced for: nobody else is connected meanwhile.
    private async Task RaceAsync(
        ConnectionLimitPolicy policy,
        int racers,
        int places,
        int rounds,
        Func<int, UserId> user,
        Action<RealtimeOptions> limit,
        UserId? neighbour,
        CloseReason refusal)
    {
        await using RealtimeHarness realtime = new(options =>
        {
            limit(options);
            options.Limits.WhenFull = policy;
        });
        ConnectionCounter counter = realtime.Registry.Places;
        long began = Stopwatch.GetTimestamp();
        Dictionary<CloseReason, int> ends = [];
        for (int round = 0; round < rounds; round++)
        {
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<Racer>[] racing = [.. Enumerable.Range(0, racers).Select(i => RunAsync(realtime, user(i), i, gate.Task))];
            gate.SetResult();
            Racer[] all = await Task.WhenAll(racing).OrFail();

            Assert.Equal(places, counter.Most);
            int taken = counter.Taken;
            if (neighbour is not null && round == rounds - 1)
            {
                FakeClient other = realtime.Connect(neighbour);
                await other.StartedAsync();
                other.Transport.ClientClose();
                await other.EndedAsync();
            }

            (UserId User, CloseReason Reason)[] ended = await EndAsync(all);
            Assert.Equal(taken, ended.Count(end => end.Reason == CloseReason.Normal)); // who was there to the end, and who had a place
            AssertOnlyOwnGaveWay(policy, all, ended);
            Assert.All(ended, end => Assert.True(
                end.Reason == CloseReason.Normal || end.Reason == CloseReason.Superseded || end.Reason == CloseReason.UserConnectionLimit || end.Reason == refusal));
            Assert.Equal((0, 0, 0, 0), (counter.Taken, counter.Tenants, realtime.Registry.Count, realtime.Registry.Refusing));
            foreach ((_, CloseReason reason) in ended)
            {
                ends[reason] = ends.GetValueOrDefault(reason) + 1;
            }
        }

        output.WriteLine($"{rounds} rounds in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {string.Join(", ", ends.Select(end => $"{end.Value} {end.Key.Reason}"))}");
    }

    // A third of those who are let in leave again, half of them without a word, and come back.
    private static async Task<Racer> RunAsync(RealtimeHarness realtime, UserId user, int number, Task gate)
    {
        await gate;
        await Task.Yield();
        FakeClient client = realtime.Connect(user);
        if (number % 3 != 0 || !await client.Transport.Outbound.WaitToReadAsync().OrFail())
        {
            return new Racer(user, client, 1);
        }

        Action leave = number % 2 == 0 ? client.Transport.Cut : () => client.Transport.ClientClose();
        leave();
        await client.Run.OrFail();
        return new Racer(user, realtime.Connect(user), 2);
    }

    private static async Task<(UserId User, CloseReason Reason)[]> EndAsync(Racer[] racers)
    {
        foreach (Racer racer in racers)
        {
            racer.Client.Transport.ClientClose();
        }

        List<(UserId, CloseReason)> ended = [];
        foreach (Racer racer in racers)
        {
            ended.Add((racer.User, await racer.Client.EndedAsync()));
        }

        return [.. ended];
    }

    // Each that gave way did so for an admission of the same user.
    private static void AssertOnlyOwnGaveWay(ConnectionLimitPolicy policy, Racer[] racers, (UserId User, CloseReason Reason)[] ended)
    {
        Dictionary<UserId, int> connects = racers.GroupBy(racer => racer.User).ToDictionary(of => of.Key, of => of.Sum(racer => racer.Connects));
        foreach (IGrouping<UserId, (UserId User, CloseReason Reason)> of in ended.GroupBy(end => end.User))
        {
            int gaveWay = of.Count(end => end.Reason == CloseReason.Superseded);
            int refused = of.Count(end => end.Reason.Code == 1013);
            Assert.InRange(gaveWay, 0, policy == ConnectionLimitPolicy.RefuseNewest ? 0 : Math.Max(0, connects[of.Key] - refused - 1));
            Assert.True(policy == ConnectionLimitPolicy.RefuseNewest || of.All(end => end.Reason != CloseReason.UserConnectionLimit), "a user has own ones to give way");
        }
    }

    private sealed record Racer(UserId User, FakeClient Client, int Connects);
}
