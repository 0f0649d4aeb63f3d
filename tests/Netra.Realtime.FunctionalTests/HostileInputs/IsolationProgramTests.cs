using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Random programs over users whose ids were chosen to be confused, with clients that guess each other's ids.</summary>
public sealed class IsolationProgramTests
{
    private const int Steps = 400;

    private static readonly UserId[] LookAlikes =
    [
        UserId.Create("alice"), UserId.Create("Alice"), UserId.Create("alice", "one"), UserId.Create("alice", "two"), UserId.Create("one:alice"),
        UserId.Create("one/alice"), UserId.Create("caf\u00e9"), UserId.Create("cafe\u0301"), UserId.Create("5:alice"), UserId.Create("alice|two"),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Program_Random_EachConnectionGetsOnlyItsUsersEvents(int seed)
    {
        Random random = new(seed);
        await using RealtimeHarness realtime = new();
        int[] emitted = new int[LookAlikes.Length];
        List<EventId> positions = [default];
        List<(int Owner, FakeClient Client)> live = [];
        List<(int Owner, FakeClient Client)> all = [];
        FakeClient[] witnesses = [.. LookAlikes.Select(user => realtime.Connect(user))]; // each sees all from the first event on

        for (int step = 0; step < Steps; step++)
        {
            int owner = random.Next(LookAlikes.Length);
            switch (random.Next(6))
            {
                case 0 when live.Count(entry => entry.Owner == owner) < 2:
                    string? guess = random.Next(2) == 0 || positions.Count == 1 ? null : positions[random.Next(1, positions.Count)].ToString();
                    FakeClient client = realtime.Connect(LookAlikes[owner], request => request with { LastEventId = guess });
                    live.Add((owner, client));
                    all.Add((owner, client));
                    break;
                case 1 when live.Count > 0:
                    int index = random.Next(live.Count);
                    live[index].Client.Transport.ClientClose();
                    await live[index].Client.EndedAsync();
                    live.RemoveAt(index);
                    break;
                case 2 when live.Count > 0:
                    live[random.Next(live.Count)].Client.Send($$"""{"type":"cancel","run_id":"r-{{random.Next(LookAlikes.Length)}}"}""");
                    realtime.Time.Advance(TimeSpan.FromSeconds(4)); // within the rate, and within the refusals a minute
                    break;
                default:
                    EmitResult result = realtime.Emitters.CreateFor(LookAlikes[owner], new ThreadId("t-1")).Emit("note", $"{owner}/{emitted[owner]++}");
                    Assert.True(result.IsInLog);
                    positions.Add(result.EventId);
                    break;
            }
        }

        for (int owner = 0; owner < LookAlikes.Length; owner++)
        {
            string[] expected = [.. Enumerable.Range(0, emitted[owner]).Select(number => $"\"{owner}/{number}\"")];
            Assert.Equal(expected, await PayloadsAsync(witnesses[owner]));
        }

        foreach ((int owner, FakeClient client) in all)
        {
            Assert.All(await PayloadsAsync(client), payload => Assert.StartsWith($"\"{owner}/", payload, StringComparison.Ordinal));
        }
    }

    private static async Task<string[]> PayloadsAsync(FakeClient client)
    {
        client.Transport.ClientClose();
        List<ServerMessage> messages = await client.ToEndAsync();
        await client.EndedAsync();
        return [.. messages.OfType<CustomEvent>().Select(e => e.Payload.GetRawText())];
    }
}
