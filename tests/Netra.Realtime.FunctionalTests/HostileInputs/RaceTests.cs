using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Emit, connect, supersede, cut, close, drop and evict, all against each other: no exception, no event for a wrong user, one end each.</summary>
public sealed class RaceTests(ITestOutputHelper output)
{
    private const int Users = 3;
    private const int Steps = 40;

    [Fact]
    public async Task Everything_AgainstEachOther_EndsEachConnectionOnceAndMixesNobodyUp()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        for (int round = 0; round < LongTests.Times(50, 2_000); round++)
        {
            await RaceAsync(seed + round);
        }
    }

    private static async Task RaceAsync(int seed)
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnectionsPerUser = 2);
        using EndCounter ends = new(realtime);
        using Barrier together = new((Users * 3) + 2);
        List<FakeClient>[] clients = [.. Enumerable.Range(0, Users * 2).Select(_ => new List<FakeClient>())];
        UserId[] users = [.. Enumerable.Range(0, Users).Select(i => UserId.Create($"user-{i}"))];

        // On threads of their own: the barrier would wait for a pool that is busy.
        List<Task> all = [];
        for (int i = 0; i < Users; i++)
        {
            int user = i;
            Start(seed + user, _ => realtime.Emitters.CreateFor(users[user]).Emit("note", user));
            for (int tab = 0; tab < 2; tab++)
            {
                List<FakeClient> mine = clients[(user * 2) + tab];
                Start(seed + 100 + user + (10 * tab), random => Connect(realtime, users[user], mine, random));
            }
        }

        Start(seed + 200, _ => realtime.Registry.CloseAll(CloseReason.Revoked));
        Start(seed + 300, random => Forget(realtime, users[random.Next(Users)], random));
        await Task.WhenAll(all).OrFail();

        foreach (FakeClient client in clients.SelectMany(client => client))
        {
            client.Transport.ClientClose();
        }

        int connects = 0;
        for (int i = 0; i < clients.Length; i++)
        {
            foreach (FakeClient client in clients[i])
            {
                await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(1));
                AssertOwn(await client.ToEndAsync(), i / 2);
                connects++;
            }
        }

        Assert.Equal((connects, 0L, 0L), (ends.Closed, ends.Open, ends.Violations));
        Assert.Equal((0, 0, 0), (realtime.Registry.Count, realtime.Registry.Places.Taken, realtime.Registry.Refusing));

        void Start(int threadSeed, Action<Random> step) => all.Add(Task.Factory.StartNew(
            () =>
            {
                Random random = new(threadSeed);
                Assert.True(together.SignalAndWait(TestTimeout.Net));
                for (int i = 0; i < Steps; i++)
                {
                    step(random);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
    }

    private static void Connect(RealtimeHarness realtime, UserId user, List<FakeClient> mine, Random random)
    {
        if (mine.Count > 0 && random.Next(3) == 0)
        {
            FakeClient old = mine[random.Next(mine.Count)];
            Action leave = random.Next(4) switch
            {
                0 => old.Transport.Cut,
                1 => () => old.Transport.ClientClose(),
                2 => old.Transport.Stall,
                _ => old.Transport.Resume,
            };
            leave();
        }
        else
        {
            // The same names for everybody, on purpose.
            mine.Add(random.Next(2) == 0 ? realtime.Connect(user) : realtime.ConnectAs($"tab-{random.Next(2)}", user));
        }
    }

    private static void Forget(RealtimeHarness realtime, UserId user, Random random)
    {
        if (random.Next(2) == 0)
        {
            realtime.Sessions.Find(user)?.DropLog();
        }
        else
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(181));
            realtime.Sweeper.Sweep();
        }
    }

    private static void AssertOwn(List<ServerMessage> messages, int user)
    {
        AgentEvent[] events = [.. messages.OfType<AgentEvent>()];
        Assert.All(events, e => Assert.Equal($"{user}", Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
        Assert.Equal(events.Select(e => e.Id.Sequence).Order().Distinct(), events.Select(e => e.Id.Sequence));
        Assert.All(messages.OfType<WelcomeMessage>(), welcome => Assert.Equal($"user-{user}", welcome.UserId));
    }

    private sealed class EndCounter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _closed;
        private long _open;
        private long _violations;

        public EndCounter(RealtimeHarness realtime)
        {
            _ = realtime.Registry.Metrics;
            IMeterFactory meters = realtime.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RealtimeTelemetry.MeterName && ReferenceEquals(instrument.Meter.Scope, meters) && !instrument.IsObservable)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            {
                switch (instrument.Name)
                {
                    case "netra.realtime.connections.closed":
                        Interlocked.Add(ref _closed, value);
                        break;
                    case "netra.realtime.connections.open":
                        Interlocked.Add(ref _open, value);
                        break;
                    case "netra.realtime.isolation.violations":
                        Interlocked.Add(ref _violations, value);
                        break;
                }
            });
            _listener.Start();
        }

        public long Closed => Interlocked.Read(ref _closed);

        public long Open => Interlocked.Read(ref _open);

        public long Violations => Interlocked.Read(ref _violations);

        public void Dispose() => _listener.Dispose();
    }
}
