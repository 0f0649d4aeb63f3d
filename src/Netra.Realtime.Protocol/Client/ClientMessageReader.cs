using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Netra.Realtime.Protocol;

/// <summary>Reads what clients send. Hostile input is the normal case: every refusal is an answer, none an exception. Safe to call concurrently.</summary>
public static class ClientMessageReader
{
    /// <summary>The longest <c>ref</c>, in UTF-16 units.</summary>
    public const int MaxRefLength = 64;

    // Depth bounds the stack, and a name that stands twice would be read as one thing here and as another elsewhere.
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>Reads one message.</summary>
    /// <param name="utf8">The whole message; not kept.</param>
    /// <param name="maxFilterEntries">The most ids in one list of a <c>subscribe</c>.</param>
    /// <param name="message">The message, when it could be read.</param>
    /// <param name="error">The answer, when it could not.</param>
    /// <returns>Whether it could be read.</returns>
    public static bool TryRead(
        ReadOnlySequence<byte> utf8,
        int maxFilterEntries,
        [NotNullWhen(true)] out ClientMessage? message,
        [NotNullWhen(false)] out ErrorMessage? error)
    {
        message = null;
        string? reference = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Strict);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                error = Refuse(null, "A message is a JSON object.");
                return false;
            }

            if (root.TryGetProperty("ref"u8, out JsonElement given))
            {
                reference = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
                if (reference is null or { Length: > MaxRefLength })
                {
                    error = Refuse(null, "A ref is a string of at most 64.");
                    return false;
                }
            }

            message = Read(root, reference, maxFilterEntries, out error);
            return message is not null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what System.Text.Json says to an escaped lone surrogate.
            error = Refuse(reference, "The message is not valid JSON.");
            return false;
        }
    }

    private static ClientMessage? Read(JsonElement root, string? reference, int maxFilterEntries, out ErrorMessage? error)
    {
        error = null;
        string? type = root.TryGetProperty("type"u8, out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        switch (type)
        {
            case null:
                error = Refuse(reference, "A message has a type.");
                return null;
            case "ping":
                return new PingMessage(reference);
            case "ack":
                if (ReadId(root, "id"u8, out EventId? id) && id is not null)
                {
                    return new AckMessage(reference, id.Value);
                }

                error = Refuse(reference, "An ack has the id of an event.");
                return null;
            case "subscribe":
                return ReadSubscribe(root, reference, maxFilterEntries, out error);
        }

        if (EventTypes.IsServerOnly(type))
        {
            error = new ErrorMessage { Ref = reference, Code = ErrorCodes.Forbidden, Message = "Only the server sends events." };
            return null;
        }

        if (!ReadId(root, "thread_id"u8, out ThreadId? thread) || !ReadId(root, "run_id"u8, out RunId? run))
        {
            error = Refuse(reference, "An id is a string of 1 to 256 units without control characters.");
            return null;
        }

        return new ApplicationMessage(type, reference, thread, run, root.Clone());
    }

    private static SubscribeMessage? ReadSubscribe(JsonElement root, string? reference, int maxFilterEntries, out ErrorMessage? error)
    {
        error = null;
        if (!ReadFilter(root, "threads"u8, maxFilterEntries, out FilterChange<ThreadId> threads, out bool tooMany)
            || !ReadFilter(root, "runs"u8, maxFilterEntries, out FilterChange<RunId> runs, out tooMany))
        {
            error = tooMany
                ? new ErrorMessage { Ref = reference, Code = ErrorCodes.LimitExceeded, Message = $"A filter has at most {maxFilterEntries} entries." }
                : Refuse(reference, "A filter is an array of ids, or null.");
            return null;
        }

        return new SubscribeMessage(reference, threads, runs);
    }

    private static bool ReadFilter<TId>(JsonElement root, ReadOnlySpan<byte> name, int maxEntries, out FilterChange<TId> change, out bool tooMany)
        where TId : struct, IParsable<TId>
    {
        change = default;
        tooMany = false;
        if (!root.TryGetProperty(name, out JsonElement value))
        {
            return true;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            change = new FilterChange<TId>(true, null);
            return true;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        if (value.GetArrayLength() > maxEntries)
        {
            tooMany = true;
            return false;
        }

        HashSet<TId> ids = [];
        foreach (JsonElement entry in value.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.String || !TId.TryParse(entry.GetString(), null, out TId id))
            {
                return false;
            }

            ids.Add(id);
        }

        change = new FilterChange<TId>(true, ids);
        return true;
    }

    // An absent or null id is no id; anything else has to be one.
    private static bool ReadId<TId>(JsonElement root, ReadOnlySpan<byte> name, out TId? id)
        where TId : struct, IParsable<TId>
    {
        id = null;
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.String || !TId.TryParse(value.GetString(), null, out TId parsed))
        {
            return false;
        }

        id = parsed;
        return true;
    }

    private static ErrorMessage Refuse(string? reference, string message) =>
        new() { Ref = reference, Code = ErrorCodes.BadRequest, Message = message };
}
