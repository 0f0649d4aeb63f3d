using System.Text.Json;

namespace Netra.Realtime.Tests.Client;

/// <summary>What a server sends, as text.</summary>
internal static class Wire
{
    public static string Welcome(
        string head = "e-0", bool resumed = false, string? reset = null, string user = "alice", (string Run, bool Complete)[]? open = null,
        long intervalMs = 25_000, long timeoutMs = 75_000, int maxMessageBytes = 65_536) => Json(new()
        {
            ["type"] = "welcome",
            ["connection_id"] = "c-1",
            ["user_id"] = user,
            ["epoch"] = head[..head.LastIndexOf('-')],
            ["last_event_id"] = head,
            ["resumed"] = resumed,
            ["reset"] = reset,
            ["open_runs"] = (open ?? []).Select(run => new Dictionary<string, object> { ["run_id"] = run.Run, ["thread_id"] = "t-1", ["complete"] = run.Complete }),
            ["heartbeat"] = new Dictionary<string, long> { ["interval_ms"] = intervalMs, ["timeout_ms"] = timeoutMs },
            ["limits"] = new Dictionary<string, int> { ["max_message_bytes"] = maxMessageBytes, ["messages_per_second"] = 10 },
            ["server_time"] = "2026-11-23T10:15:30.123Z",
        });

    public static string Event(string id, string type, object payload, string? run = "r1", string? first = null, string? thread = "t-1", object? truncated = null) => Json(new()
    {
        ["id"] = id,
        ["first"] = first,
        ["type"] = type,
        ["ts"] = "2026-11-23T10:15:30.123Z",
        ["thread_id"] = thread,
        ["run_id"] = run,
        ["agent"] = "a",
        ["payload"] = payload,
        ["truncated"] = truncated,
    });

    public static string Note(string id) => Event(id, "note", new { }, run: null);

    public static string[] Notes(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => Note($"e-{i}"))];

    public static string Started(string id, string run = "r1") => Event(id, "agent_started", new { message = "Why?" }, run);

    public static string Responding(string id, string text, string run = "r1", string? first = null) =>
        Event(id, "agent_responding", new { delta = text, part = 1 }, run, first);

    public static string Completed(string id, string run = "r1") => Event(id, "agent_completed", new { duration_ms = 7 }, run);

    public static string Cursor(string id) => Json(new() { ["type"] = "cursor", ["id"] = id });

    public static string Reset(string reason, string id, params string[]? runs) =>
        Json(new() { ["type"] = "reset", ["reason"] = reason, ["last_event_id"] = id, ["runs"] = runs });

    public static string GoAway(long ms) => Json(new() { ["type"] = "goaway", ["reason"] = "drain", ["reconnect_in_ms"] = ms });

    public static string Reply(JsonElement to, object? data = null) =>
        Json(new() { ["type"] = "reply", ["ref"] = to.GetProperty("ref").GetString(), ["data"] = data });

    public static string Error(JsonElement to, string code, string message) =>
        Json(new() { ["type"] = "error", ["ref"] = to.GetProperty("ref").GetString(), ["code"] = code, ["message"] = message });

    private static string Json(Dictionary<string, object?> message) =>
        JsonSerializer.Serialize(message.Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value));
}
