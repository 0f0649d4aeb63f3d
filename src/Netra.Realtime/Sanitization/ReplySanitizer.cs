using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Netra.Realtime.Sanitization;

/// <summary>The data of a reply to a client message leaves through the same rules as the payload of an event.</summary>
internal static class ReplySanitizer
{
    /// <returns>False when it is larger than allowed.</returns>
    public static bool TrySanitize(JsonElement? data, int maxBytes, out JsonElement? sanitized)
    {
        sanitized = null;
        if (data is not { } element)
        {
            return true;
        }

        ReadOnlySpan<byte> json = JsonMarshal.GetRawUtf8Value(element);
        if (json.Length > maxBytes)
        {
            return false;
        }

        ArrayBufferWriter<byte> buffer = new(json.Length + 16);
        using (Utf8JsonWriter writer = new(buffer))
        {
            new PayloadSanitizer().Copy(json, writer, "data", int.MaxValue);
        }

        // As it will be sent: escapes make it up to six times as large as it came.
        if (buffer.WrittenCount > maxBytes)
        {
            return false;
        }

        sanitized = JsonElement.Parse(buffer.WrittenSpan);
        return true;
    }
}
