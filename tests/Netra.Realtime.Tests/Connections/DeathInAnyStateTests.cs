using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>Wherever the line breaks, everything of the connection is given back, and after a while everything of its user.</summary>
public sealed class DeathInAnyStateTests
{
    public enum State
    {
        BeforeTheWelcomeIsOut,
        WhileReplaying,
        Idle,
        WhileAFlushHangs,
        WhileAHandlerRuns,
        WhileAskedByTheHeartbeat,
        WhileTheServerCloses,
        WhileRefused,
        WhileSuperseded,
    }

    public static TheoryData<State> States => new(Enum.GetValues<State>());

    [Theory]
    [MemberData(nameof(States))]
    public async Task Line_Breaks_EverythingIsGivenBack(State state)
    {
        TaskCompletionSource handling = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int went = 0;
        await using RealtimeHarness realtime = new(
            options =>
            {
                options.Limits.MaxConnectionsPerUser = 2;
                options.Limits.MaxConnections = 2;
                options.Heartbeat.Interval = TimeSpan.FromSeconds(10);
            },
            builder => builder
                .OnDisconnected((_, _, _) => Task.FromResult(Interlocked.Increment(ref went)))
                .MapMessage<Dictionary<string, string>>("work", (_, _) =>
                {
                    entered.TrySetResult();
                    return handling.Task;
                }));
        _ = realtime.Heartbeat;
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        for (int i = 0; i < 500; i++)
        {
            emitter.Emit("note", new string('x', 200));
        }

        FakeClient client = await BringIntoAsync(realtime, state, entered.Task);

        client.Transport.Cut();

        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(0.1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        int left = state == State.WhileRefused ? 2 : state == State.WhileSuperseded ? 1 : 0;
        Assert.Equal((left, left, left), (realtime.Registry.Count, realtime.Registry.Places.Taken, realtime.Registry.Wheel.Count));
        Assert.Equal((0, state == State.WhileRefused ? 0 : 1), (realtime.Registry.Refusing, went));
        UserSession session = realtime.Sessions.Find(RealtimeHarness.Alice)!;
        lock (session.Gate)
        {
            Assert.Equal(left, session.Log.CursorsLocked.Length);
        }

        handling.SetResult();
        foreach (RealtimeConnection other in ConnectionTests.ConnectionsOf(realtime))
        {
            other.Close(CloseReason.Normal);
        }

        await realtime.AdvanceUntilAsync(realtime.Registry.WhenEmptyAsync(), TimeSpan.FromSeconds(0.1));
        realtime.Time.Advance(TimeSpan.FromSeconds(180));
        realtime.Sweeper.Sweep();
        Assert.Equal((0, 0, 0L), (realtime.Sessions.Count, realtime.Registry.Places.Taken, realtime.Sessions.Pool.BytesInUse));
    }

    private static async Task<FakeClient> BringIntoAsync(RealtimeHarness realtime, State state, Task handlerEntered)
    {
        switch (state)
        {
            case State.BeforeTheWelcomeIsOut:
                return realtime.Connect(stalled: true);
            case State.WhileReplaying:
                FakeClient replaying = realtime.Connect();
                await replaying.NextAsync<WelcomeMessage>();
                replaying.Transport.Stall();
                return replaying;
            case State.WhileRefused:
                await realtime.Connect(answersClose: false).StartedAsync();
                await realtime.Connect(answersClose: false).StartedAsync();
                return realtime.Connect(answersClose: false);
        }

        FakeClient client = realtime.ConnectAs("tab-1", answersClose: false);
        await client.StartedAsync();
        switch (state)
        {
            case State.WhileAFlushHangs:
                client.Transport.Stall();
                realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("stuck", 1);
                break;
            case State.WhileAHandlerRuns:
                client.Send("""{"type":"work"}""");
                await handlerEntered.OrFail();
                break;
            case State.WhileAskedByTheHeartbeat:
                client.Transport.GoSilent();
                for (int i = 0; i < 51; i++)
                {
                    realtime.Time.Advance(TimeSpan.FromSeconds(0.2));
                    realtime.Heartbeat.Tick();
                }

                break;
            case State.WhileTheServerCloses:
                ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);
                await client.Transport.Closed.OrFail();
                break;
            case State.WhileSuperseded:
                await realtime.ConnectAs("tab-1", answersClose: false).StartedAsync();
                await client.Transport.Closed.OrFail();
                break;
        }

        return client;
    }
}
