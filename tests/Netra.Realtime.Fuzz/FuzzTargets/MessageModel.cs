using System.Text.Json;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>The fields of a message that was accepted, taken one by one and not judged.</summary>
internal static class MessageModel
{
    private static readonly ReadOnlyMemory<byte> Whitespace = " \t\r\n"u8.ToArray();

    /// <summary>What was sent, in the words of <see cref="MessageText.Describe"/>.</summary>
    public static List<string> Describe(byte[] utf8)
    {
        JsonElement root = JsonElement.Parse(utf8);
        string type = root.GetProperty("type"u8).GetString()!; // what has none is not accepted
        string reference = MessageText.Quote(Field(root, "ref"));
        return type switch
        {
            "ping" => [type, reference],
            "ack" => [type, reference, root.GetProperty("id"u8).GetString()!], // as above
            "subscribe" => [type, reference, Filter(root, "threads"), Filter(root, "runs")],
            _ =>
            [
                type, reference, MessageText.Quote(Field(root, "thread_id")), MessageText.Quote(Field(root, "run_id")),
                Convert.ToHexString(utf8.AsSpan().Trim(Whitespace.Span)),
            ],
        };
    }

    private static string? Field(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string Filter(JsonElement root, string name) =>
        !root.TryGetProperty(name, out JsonElement filter) ? "as before"
            : filter.ValueKind == JsonValueKind.Null ? "all"
            : MessageText.List(filter.EnumerateArray().Select(static id => id.GetString()!).Distinct(StringComparer.Ordinal)); // as above
}
