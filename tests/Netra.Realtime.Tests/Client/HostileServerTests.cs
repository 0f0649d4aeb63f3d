using System.Text.Json.Nodes;
using Netra.Realtime.Client;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Client;

/// <summary>Whatever stands in a field, the client goes on: with the next message, if not with this one.</summary>
public sealed class HostileServerTests
{
    private static readonly string[] Junk =
        ["null", "true", "7", "-1", "0.5", "1e400", "9223372036854775807", "\"\"", "\"x\"", "\"\\ud800\"", "[]", "[null]", "[7]", "[{}]", "{}", """{"a":null}"""];

    private static readonly string[] Messages =
    [
        Wire.Started("e-1"), Wire.Responding("e-1", "x", first: "e-1"), Wire.Completed("e-1"), Wire.Note("e-1"),
        Wire.Event("e-1", "agent_thinking", new { delta = "x", part = 1 }),
        Wire.Event("e-1", "tool_executing", new { call_id = "c", tool = "t", input = 1 }, truncated: new Dictionary<string, int> { ["payload.input"] = 7 }),
        Wire.Event("e-1", "tool_progress", new { call_id = "c", percent = 1, message = "m" }),
        Wire.Event("e-1", "tool_completed", new { call_id = "c", tool = "t", status = "failed", error = new { code = "c", message = "m" }, duration_ms = 1 }),
        Wire.Event("e-1", "agent_failed", new { reason = "error", error = new { code = "c", message = "m" }, duration_ms = 1 }),
        Wire.Cursor("e-1"), Wire.Reset("too_old", "e-1"), Wire.GoAway(7),
        """{"type":"reply","ref":"c1","data":1}""", """{"type":"error","ref":"c1","code":"c","message":"m"}""", """{"type":"pong","ref":"c1"}""",
    ];

    [Fact]
    public async Task AnyMessage_WithJunkInAnyField_LeavesTheClientConnectedAndReading()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        int sequence = 0;
        foreach (string message in Messages.SelectMany(Spoilt))
        {
            socket.Deliver(message.Replace("e-1", $"e-{++sequence}", StringComparison.Ordinal)); // one that was received before would not be looked at
        }

        socket.Deliver(Wire.Event("z-1", "note", new { }));
        await world.HandleAsync("z-1");
        Assert.NotNull(world.Client.Runs.Find(new RunId("r1"))); // some of it was good enough
        Assert.Equal(ConnectionState.Open, world.Client.Status.State);
    }

    [Fact]
    public async Task Welcome_WithJunkInAnyField_IsTakenOrWaitedForAgain()
    {
        foreach (string welcome in Spoilt(Wire.Welcome("e-0", reset: "too_old", open: [("r1", true)])))
        {
            await using ClientWorld world = new();
            FakeSocket socket = (await world.AttemptAsync()).Accept();

            socket.Deliver(welcome, Wire.Welcome(), Wire.Note("e-1"));

            await world.HandleAsync("e-1");
            Assert.Equal(ConnectionState.Open, world.Client.Status.State);
        }
    }

    // Each field, to any depth, in turn: junk instead of it, and nothing.
    private static IEnumerable<string> Spoilt(string message)
    {
        int fields = Fields(JsonNode.Parse(message)!).Count;
        for (int i = 0; i < fields; i++)
        {
            foreach (string? junk in Junk.Append(null))
            {
                JsonNode spoilt = JsonNode.Parse(message)!;
                (JsonObject owner, string name) = Fields(spoilt)[i];
                const string Placeholder = "\"@\"";
                if (junk is null)
                {
                    owner.Remove(name);
                    yield return spoilt.ToJsonString();
                    continue;
                }

                owner[name] = "@";
                yield return spoilt.ToJsonString().Replace(Placeholder, junk, StringComparison.Ordinal); // as text: not all of it can be a node
            }
        }
    }

    private static List<(JsonObject Owner, string Name)> Fields(JsonNode node)
    {
        List<(JsonObject, string)> fields = [];
        switch (node)
        {
            case JsonObject owner:
                foreach ((string name, JsonNode? value) in owner)
                {
                    fields.Add((owner, name));
                    fields.AddRange(value is null ? [] : Fields(value));
                }

                break;
            case JsonArray array:
                fields.AddRange(array.Where(entry => entry is not null).SelectMany(entry => Fields(entry!))); // filtered just before
                break;
        }

        return fields;
    }
}
