using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.SystemCases;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Ten thousand rooms, joined and left by users who come and go: nothing of them is left.</summary>
[Collection(nameof(Case08CyclesTests))]
public sealed class RoomCyclesTests(ITestOutputHelper output)
{
    private const int Rooms = 10_000;

    // 600 cycles lie between the weighings, with 6,000 rooms of a few hundred bytes each, and their members.
    private const long FlatBytes = 1024 * 1024;

    [Fact]
    public async Task Cycles_AThousandOfTenRoomsEach_LeaveNothingBehind()
    {
        await using RealtimeHarness realtime = new();
        RealtimeRooms rooms = realtime.Services.GetRequiredService<RealtimeRooms>();
        RoomDirectory directory = realtime.Services.GetRequiredService<RoomDirectory>();
        long early = 0;
        for (int cycle = 1; cycle <= 1_000; cycle++)
        {
            UserId user = UserId.Create($"user-{cycle % 10}");
            FakeClient client = realtime.Connect(user);
            await client.StartedAsync();
            RoomId[] joined = [.. Enumerable.Range(0, 10).Select(i => new RoomId($"room-{cycle}-{i}"))];
            Assert.All(joined, room => Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(user, room)));
            Assert.Equal(1, realtime.Emitters.CreateFor(joined[0]).Emit("note", cycle).Members);
            Assert.Equal($"{cycle}", (await client.NextAsync<CustomEvent>()).Payload.GetRawText());
            Assert.All(joined[..5], room => Assert.True(rooms.Leave(user, room))); // the others end with the user
            client.Transport.ClientClose();
            await client.EndedAsync();
            if (cycle % 100 == 0)
            {
                Assert.Equal(100 * 5, directory.Count);
                realtime.Time.Advance(TimeSpan.FromSeconds(181));
                realtime.Sweeper.Sweep();
                Assert.Equal((0, 0, 0L), (directory.Count, realtime.Sessions.Count, realtime.Sessions.Pool.BytesInUse));
                long bytes = GC.GetTotalMemory(forceFullCollection: true);
                output.WriteLine($"after {cycle}: {bytes / 1024} KiB");
                early = cycle == 400 ? bytes : early;
                Assert.InRange(cycle > 400 ? bytes - early : 0, long.MinValue, FlatBytes);
            }
        }

        Assert.Equal((0, 0), (realtime.Registry.Count, realtime.Registry.Places.Taken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task User_InTenThousandRooms_IsInNoneWhenItHasLeftOrIsGone(bool leaves)
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxRoomsPerUser = Rooms);
        RealtimeRooms rooms = realtime.Services.GetRequiredService<RealtimeRooms>();
        RoomDirectory directory = realtime.Services.GetRequiredService<RoomDirectory>();
        rooms.Join(RealtimeHarness.Bob, new RoomId("room-0"));
        realtime.Connect(RealtimeHarness.Bob);
        for (int i = 0; i < Rooms; i++)
        {
            Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(RealtimeHarness.Alice, new RoomId($"room-{i}")));
        }

        Assert.Equal(RoomJoinOutcome.LimitExceeded, rooms.Join(RealtimeHarness.Alice, new RoomId("one-too-many")));
        Assert.Equal(Rooms, directory.Count);
        for (int i = 0; leaves && i < Rooms; i++)
        {
            Assert.True(rooms.Leave(RealtimeHarness.Alice, new RoomId($"room-{i}")));
        }

        realtime.Time.Advance(TimeSpan.FromSeconds(leaves ? 0 : 181));
        realtime.Sweeper.Sweep();

        Assert.Equal(1, directory.Count); // of the one who stays
        Assert.Equal(1, realtime.Emitters.CreateFor(new RoomId("room-0")).Emit("note", 1).Members);
    }
}
