using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>Somebody sets the clock of the machine: what lasts for a time lasts for that time all the same.</summary>
public sealed class WallClockTests
{
    public static TheoryData<double> JumpsInHours => [-1, 24];

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task Event_TheClockIsSet_IsKeptForItsTimeAndNoLonger(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        await realtime.Connect().StartedAsync();
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1).EventId;

        clock.Set(hours);
        clock.Advance(TimeSpan.FromSeconds(180));
        realtime.Sweeper.Sweep();
        Assert.Equal(id, Assert.Single((await ResumeAsync(realtime, id.At(0))).Replay).Id);

        clock.Advance(TimeSpan.FromSeconds(1));
        realtime.Sweeper.Sweep();
        Assert.Equal(ResetReason.TooOld, (await ResumeAsync(realtime, id.At(0))).Welcome.Reset);
    }

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task User_TheClockIsSet_IsKeptForItsTimeAndNoLonger(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1);

        clock.Set(hours);
        clock.Advance(TimeSpan.FromSeconds(179));
        realtime.Sweeper.Sweep();
        Assert.Equal(1, realtime.Sessions.Count);

        clock.Advance(TimeSpan.FromSeconds(1));
        realtime.Sweeper.Sweep();
        Assert.Equal(0, realtime.Sessions.Count);
    }

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task Flush_TheClockIsSet_HasTheTimeOfItsAttempts(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("stuck", 1);

        clock.Set(hours);
        for (int i = 0; i < 89; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(0.1)); // step by step: each attempt begins when the one before has failed
        }
        Assert.Null(ConnectionTests.ConnectionsOf(realtime).Single().CloseReason);

        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(CloseReason.SlowConsumer, ConnectionTests.ConnectionsOf(realtime).Single().CloseReason);
    }

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task Close_TheClockIsSet_HasItsDeadline(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect(answersClose: false);
        await client.StartedAsync();
        ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);
        await client.Transport.Closed.OrFail();

        clock.Set(hours);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(client.Run.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(CloseReason.Revoked, await client.EndedAsync());
    }

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task Rate_TheClockIsSet_ForgivesNothing(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.RoundTripAsync();
        }

        clock.Set(hours);
        client.Send("""{"type":"ping"}""");

        Assert.Equal("rate_limited", (await client.NextAsync<ErrorMessage>()).Code);
    }

    [Theory]
    [MemberData(nameof(JumpsInHours))]
    public async Task Run_TheClockIsSet_TellsHowLongItTook(double hours)
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("agent");

        clock.Set(hours);
        clock.Advance(TimeSpan.FromSeconds(2));
        run.Complete();

        Assert.Equal(2_000, (await client.UntilAsync<AgentCompleted>()).DurationMs);
    }

    // When credentials run out is said by the clock of the wall, and whoever sets that says so anew.
    [Fact]
    public async Task Credentials_TheClockIsSetBack_LastUntilItSaysSo()
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect(with: request => request with { ExpiresAt = clock.GetUtcNow().AddMinutes(5) });
        await client.StartedAsync();

        clock.Set(-1);
        clock.Advance(TimeSpan.FromMinutes(5));
        await client.RoundTripAsync();
        clock.Advance(TimeSpan.FromMinutes(59));
        await client.RoundTripAsync();

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(CloseReason.CredentialsExpired, await client.EndedAsync());
    }

    [Fact]
    public async Task Credentials_TheClockIsSetForward_EndAtTheLatestWhenTheyWouldHave()
    {
        WallClock clock = new();
        await using RealtimeHarness realtime = On(clock);
        FakeClient client = realtime.Connect(with: request => request with { ExpiresAt = clock.GetUtcNow().AddMinutes(5) });
        await client.StartedAsync();

        clock.Set(24);
        FakeClient late = realtime.Connect(with: request => request with { ExpiresAt = clock.GetUtcNow().AddHours(-23) });
        Assert.Equal(CloseReason.CredentialsExpired, await late.EndedAsync());

        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(CloseReason.CredentialsExpired, await client.EndedAsync());
    }

    private static RealtimeHarness On(WallClock clock) => new(build: builder => builder.Services.AddSingleton<TimeProvider>(clock));

    private static async Task<(WelcomeMessage Welcome, List<AgentEvent> Replay)> ResumeAsync(RealtimeHarness realtime, EventId last)
    {
        FakeClient client = realtime.Connect(with: request => request with { LastEventId = last.ToString() });
        (WelcomeMessage, List<AgentEvent>) started = await client.StartedAsync();
        client.Transport.ClientClose();
        await client.EndedAsync();
        return started;
    }

    /// <summary>Timestamps and timers go on evenly while the time of day is set.</summary>
    private sealed class WallClock : FakeTimeProvider
    {
        private TimeSpan _offset;

        public void Set(double hours) => _offset += TimeSpan.FromHours(hours);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
