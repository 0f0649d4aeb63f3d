using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>A message of a client in words, and in JSON again.</summary>
internal static class MessageText
{
    public static List<string> Describe(ClientMessage? message, ErrorMessage? error) => message switch
    {
        null => [error!.Code, error.Message, Quote(error.Ref)], // without a message there is an error
        AckMessage ack => [ack.Type, Quote(ack.Ref), ack.Id.ToString()],
        SubscribeMessage subscribe => [subscribe.Type, Quote(subscribe.Ref), Describe(subscribe.Threads), Describe(subscribe.Runs)],
        ApplicationMessage application =>
        [
            application.Type, Quote(application.Ref), Quote(application.ThreadId?.Value), Quote(application.RunId?.Value),
            Convert.ToHexString(JsonMarshal.GetRawUtf8Value(application.Body)),
        ],
        _ => [message.Type, Quote(message.Ref)],
    };

    /// <summary>The message in the only form that this writer has; the application's as it came.</summary>
    public static byte[] Write(ClientMessage message)
    {
        if (message is ApplicationMessage application)
        {
            return JsonMarshal.GetRawUtf8Value(application.Body).ToArray();
        }

        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteString("type"u8, message.Type);
        if (message.Ref is not null)
        {
            json.WriteString("ref"u8, message.Ref);
        }

        switch (message)
        {
            case AckMessage ack:
                json.WriteString("id"u8, ack.Id.ToString());
                break;
            case SubscribeMessage subscribe:
                Write(json, "threads", subscribe.Threads);
                Write(json, "runs", subscribe.Runs);
                break;
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Ids, which have no order.</summary>
    public static string List(IEnumerable<string> ids) => $"[{string.Join('\n', ids.Order(StringComparer.Ordinal))}]";

    /// <summary>None and an empty text are two things.</summary>
    public static string Quote(string? text) => text is null ? "none" : $"\"{text}\"";

    private static void Write<TId>(Utf8JsonWriter json, string name, FilterChange<TId> change)
        where TId : struct
    {
        if (!change.Changes)
        {
            return;
        }

        if (change.Ids is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (TId id in change.Ids)
        {
            json.WriteStringValue(id.ToString());
        }

        json.WriteEndArray();
    }

    private static string Describe<TId>(FilterChange<TId> change)
        where TId : struct =>
        !change.Changes ? "as before" : change.Ids is null ? "all" : List(change.Ids.Select(static id => id.ToString()!)); // an id is text
}
