using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Administration;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Places;

/// <summary>One race for places on several threads that begin together, and what has to be true all the while and at the end.</summary>
internal sealed class PlaceRace(int seed, ConnectionLimitPolicy policy, PlaceRaceSize size, PlaceCounts counts)
{
    private const int Threads = 10; // several to a core, so that they are interrupted anywhere
    private const int Parts = 10; // after each of them a thread looks at everybody

    public async Task RunAsync()
    {
        PlaceClock? watch = null;
        await using RealtimeHarness realtime = new(
            options =>
            {
                options.Limits.MaxConnections = size.PlacesInAll;
                options.Limits.MaxConnectionsPerUser = size.PlacesOfUser;
                options.Limits.WhenFull = policy;
                options.Retention.MaxRetired = Math.Max(3, size.Users); // whoever has left may come back to the same session
            },
            clock: time => watch = new PlaceClock(time));
        PlaceClock clock = watch!; // the harness has made it
        clock.Places = realtime.Registry.Places;
        UserSession[] sessions = [.. Enumerable.Range(0, size.Users).Select(i => realtime.Sessions.GetOrAdd(UserId.Create($"user-{i}")))];
        IRealtimeAdministration administration = realtime.Services.GetRequiredService<IRealtimeAdministration>();
        PlaceRacer[] racers = [.. Enumerable.Range(0, Threads).Select(i => new PlaceRacer(realtime, clock, administration, sessions, new Random(unchecked((seed * 397) ^ i))))];

        await TogetherAsync(realtime, sessions, racers);
        foreach (PlaceRacer racer in racers)
        {
            racer.Finish();
        }
        await Task.WhenAll(racers.SelectMany(racer => racer.Admitted.Concat(racer.Refused)).Select(client => client.Run)).OrFail();

        Assert.InRange(clock.MostOfUser, 1, size.PlacesOfUser);
        Assert.InRange(clock.MostInAll, 1, size.PlacesInAll);
        await CheckRefusedAsync(racers);
        await CheckAdmittedAsync(racers);
        CheckNothingIsLeft(realtime, sessions);
        Sum(clock, racers);
    }

    private async Task TogetherAsync(RealtimeHarness realtime, UserSession[] sessions, PlaceRacer[] racers)
    {
        using Barrier gate = new(Threads);
        await Task.WhenAll(racers.Select(racer => Task.Factory.StartNew(
            () =>
            {
                Assert.True(gate.SignalAndWait(TestTimeout.Net));
                for (int part = 0; part < Parts; part++)
                {
                    racer.Run(size.Connects / Threads / Parts);
                    LookAtEverybody(realtime, sessions);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).OrFail();
    }

    // With all gates held nobody comes or goes: what all users have together is what the host has counted.
    private void LookAtEverybody(RealtimeHarness realtime, UserSession[] sessions)
    {
        int held = 0;
        try
        {
            for (; held < sessions.Length; held++)
            {
                sessions[held].Gate.Enter();
            }
            int taken = sessions.Sum(session => session.CursorsOf(null).Length);
            Assert.Equal(taken, realtime.Registry.Places.Taken);
            Assert.InRange(taken, 0, size.PlacesInAll);
        }
        finally
        {
            while (held > 0)
            {
                sessions[--held].Gate.Exit();
            }
        }
        PlaceCounts.Add(ref counts.Looks);
    }

    // In so many words on the wire, and no word besides.
    private async Task CheckRefusedAsync(PlaceRacer[] racers)
    {
        foreach (FakeClient client in racers.SelectMany(racer => racer.Refused))
        {
            Assert.Same(size.Refusal, await client.Run);
            Assert.Equal((1013, size.Refusal.Reason), await client.Transport.Closed);
            Assert.False(client.Transport.Outbound.TryRead(out byte[]? said), said is null ? "" : Encoding.UTF8.GetString(said));
        }
    }

    // By itself, by the operator, or, where the policy is to evict, for a newcomer.
    private async Task CheckAdmittedAsync(PlaceRacer[] racers)
    {
        foreach (FakeClient client in racers.SelectMany(racer => racer.Admitted))
        {
            CloseReason reason = await client.Run;
            CloseReason[] mayBe = policy == ConnectionLimitPolicy.RefuseNewest
                ? [CloseReason.Normal, CloseReason.Abnormal, CloseReason.Disconnected]
                : [CloseReason.Normal, CloseReason.Abnormal, CloseReason.Disconnected, CloseReason.Superseded];
            Assert.Contains(reason, mayBe);
            if (reason == CloseReason.Superseded)
            {
                PlaceCounts.Add(ref counts.Evicted);
                (int Code, string Reason)? said = await client.Transport.Closed;
                Assert.True(said is null or (4509, _), $"{said}"); // none where its line was cut meanwhile
            }
        }
    }

    private static void CheckNothingIsLeft(RealtimeHarness realtime, UserSession[] sessions)
    {
        Assert.Equal(
            (0, 0, 0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count, realtime.Registry.Wheel.Count, realtime.Registry.Refusing));
        foreach (UserSession session in sessions)
        {
            lock (session.Gate)
            {
                Assert.Empty(session.CursorsOf(null));
                Assert.Empty(session.Log.CursorsLocked);
            }
        }

        realtime.Time.Advance(TimeSpan.FromSeconds(180));
        realtime.Sessions.Sweep();
        Assert.Equal((0, 0L), (realtime.Sessions.Count, realtime.Sessions.Pool.BytesInUse));
    }

    private void Sum(PlaceClock clock, PlaceRacer[] racers)
    {
        PlaceCounts.Add(ref counts.Races);
        PlaceCounts.Add(ref counts.Admitted, racers.Sum(racer => racer.Admitted.Count));
        PlaceCounts.Add(ref counts.Refused, racers.Sum(racer => racer.Refused.Count));
        PlaceCounts.Add(ref counts.Left, racers.Sum(racer => racer.Left));
        counts.MostOfUser = Math.Max(counts.MostOfUser, clock.MostOfUser);
        counts.MostInAll = Math.Max(counts.MostInAll, clock.MostInAll);
    }
}
