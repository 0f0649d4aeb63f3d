using System.Buffers;
using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>Writes what a client sends.</summary>
internal static class OutgoingMessage
{
    public static readonly byte[] Ping = """{"type":"ping"}"""u8.ToArray();

    public static byte[] Ack(EventId id) => Write("ack", null, json => json.WriteString("id"u8, id.ToString()));

    /// <summary>A message with the fields of an object.</summary>
    /// <exception cref="ArgumentException">It is no object, or has a field that the protocol writes itself.</exception>
    public static byte[] Write(string type, string reference, JsonElement fields)
    {
        if (fields.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException("A payload is an object: its properties are the fields of the message.", nameof(fields));
        }

        return Write(type, reference, json =>
        {
            foreach (JsonProperty field in fields.EnumerateObject())
            {
                if (field.Name is "type" or "ref")
                {
                    throw new ArgumentException($"The field '{field.Name}' of a message is the protocol's.", nameof(fields));
                }

                field.WriteTo(json);
            }
        });
    }

    public static byte[] Write(string type, string? reference, Action<Utf8JsonWriter> writeFields)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            if (reference is not null)
            {
                json.WriteString("ref"u8, reference);
            }

            writeFields(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>All of the filter, so that nothing depends on what was before.</summary>
    public static byte[] Subscribe(string? reference, EventFilter filter) => Write("subscribe", reference, json =>
    {
        WriteIds(json, "threads", filter.Threads?.Select(thread => thread.Value));
        WriteIds(json, "runs", filter.Runs?.Select(run => run.Value));
    });

    private static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<string>? ids)
    {
        if (ids is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (string id in ids)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
    }
}
