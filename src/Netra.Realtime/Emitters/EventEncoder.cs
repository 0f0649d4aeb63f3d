using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sanitization;

namespace Netra.Realtime.Emitters;

/// <summary>Encodes one event, outside every lock, into buffers that it reuses. One instance serves one thread at a time.</summary>
/// <remarks>
/// What does not fit is said in the event: text is cut, other JSON is left out (<c>truncated</c>). A payload is serialized into
/// scratch that stops at a cap, then copied through the sanitizer; nothing else ever writes a payload.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The writers write into buffers of this object: there is nothing to release.")]
internal sealed class EventEncoder
{
    // What is serialized may shrink when strings are cut, so the scratch holds more than an event.
    private const int ScratchPerEvent = 4;

    // Left for the end of the event, with the notes of what was cut.
    private const int TailBytes = 1024;
    private const int MaxNotes = 8;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly EventLimits _limits;
    private readonly JsonSerializerOptions _serializerOptions;
    private readonly BoundedBuffer _scratch;
    private readonly BoundedBuffer _body;
    private readonly Utf8JsonWriter _scratchWriter;
    private readonly Utf8JsonWriter _bodyWriter;
    private readonly PayloadSanitizer _sanitizer = new();
    private bool _hasField;

    public EventEncoder(EventLimits limits, JsonSerializerOptions serializerOptions)
    {
        _limits = limits;
        _serializerOptions = serializerOptions;
        _scratch = new BoundedBuffer(limits.MaxEventBytes * ScratchPerEvent);
        _body = new BoundedBuffer(limits.MaxEventBytes + TailBytes);
        _scratchWriter = new Utf8JsonWriter(_scratch, WriterOptions);
        _bodyWriter = new Utf8JsonWriter(_body, WriterOptions);
    }

    /// <summary>The encoded rest of the event, after its id. Valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Body => _body.Written;

    public void Begin(string type, DateTimeOffset timestamp, ReadOnlySpan<byte> identity)
    {
        _sanitizer.Begin();
        _body.Clear();
        _hasField = false;
        _body.Append(",\"type\":\""u8);
        JsonText.Append(_body, type);
        _body.Append((byte)'"');
        _body.Advance(EventEnvelopeWriter.WriteTimestamp(_body.GetSpan(EventEnvelopeWriter.TimestampBytes), timestamp));
        _body.Append(identity);
        _body.Append(",\"payload\":"u8);
    }

    public void BeginFields() => _body.Append((byte)'{');

    /// <summary>A string field, cut to its limit.</summary>
    public void Text(string name, ReadOnlySpan<char> text, int maxChars)
    {
        BeginField(name);
        _body.Append((byte)'"');
        AppendText(TextCut.Cut(text, maxChars), text, "payload." + name);
        _body.Append((byte)'"');
    }

    /// <summary>An id or another short name: never cut, because half of it would name something else.</summary>
    public void Name(string name, ReadOnlySpan<char> text)
    {
        BeginField(name);
        _body.Append((byte)'"');
        JsonText.Append(_body, text);
        _body.Append((byte)'"');
    }

    public void Number(string name, long value)
    {
        BeginField(name);
        Utf8Formatter.TryFormat(value, _body.GetSpan(20), out int written);
        _body.Advance(written);
    }

    public void Number(string name, double value)
    {
        BeginField(name);
        Utf8Formatter.TryFormat(value, _body.GetSpan(32), out int written);
        _body.Advance(written);
    }

    public void Error(string code, string message)
    {
        BeginField("error");
        _body.Append("{\"code\":\""u8);
        JsonText.Append(_body, TextCut.Cut(code, 64));
        _body.Append("\",\"message\":\""u8);
        AppendText(TextCut.Cut(message, _limits.MaxErrorChars), message, "payload.error.message");
        _body.Append("\"}"u8);
    }

    /// <summary>A field of the application's: text is cut to fit, other JSON that does not fit is left out.</summary>
    /// <returns>False when it cannot be serialized: the event is refused.</returns>
    public bool Field(string name, in EventPayload payload, int maxStringChars)
    {
        if (payload.IsNone)
        {
            return true;
        }

        if (payload.Value is string text)
        {
            Text(name, text, maxStringChars);
            return true;
        }

        bool hadField = _hasField;
        int notes = _sanitizer.Cut.Count;
        int before = BeginField(name);
        EmitRefusal refusal = Json(payload, "payload." + name, maxStringChars, out long bytes);
        if (refusal == EmitRefusal.TooLarge)
        {
            _body.TruncateTo(before);
            _hasField = hadField;
            _sanitizer.ForgetCut(notes);
            _sanitizer.NoteCut("payload." + name, bytes);
            return true;
        }

        return refusal == EmitRefusal.None;
    }

    /// <summary>The whole payload of an application's own event: all of it or nothing.</summary>
    public EmitRefusal Whole(in EventPayload payload)
    {
        if (payload.IsNone)
        {
            _body.Append("{}"u8);
            return EmitRefusal.None;
        }

        return Json(payload, "payload", int.MaxValue, out _);
    }

    public void EndFields() => _body.Append((byte)'}');

    public void End()
    {
        if (_sanitizer.Cut.Count > 0)
        {
            _body.Append(",\"truncated\":{"u8);
            for (int i = 0; i < Math.Min(_sanitizer.Cut.Count, MaxNotes); i++)
            {
                (string path, long bytes) = _sanitizer.Cut[i];
                _body.Append(i == 0 ? "\""u8 : ",\""u8);
                JsonText.Append(_body, TextCut.Cut(path, 80));
                _body.Append("\":"u8);
                Utf8Formatter.TryFormat(bytes, _body.GetSpan(20), out int written);
                _body.Advance(written);
            }

            _body.Append((byte)'}');
        }

        _body.Append((byte)'}');
    }

    private int BeginField(string name)
    {
        int before = _body.Length;
        _body.Append(_hasField ? ",\""u8 : "\""u8);
        _hasField = true;
        JsonText.Append(_body, name);
        _body.Append("\":"u8);
        return before;
    }

    // Piece by piece, so that a cut loses no more than a piece.
    private void AppendText(ReadOnlySpan<char> cut, ReadOnlySpan<char> whole, string path)
    {
        const int PieceChars = 256;
        int most = _limits.MaxEventBytes - TailBytes;
        int done = 0;
        while (done < cut.Length)
        {
            ReadOnlySpan<char> piece = TextCut.Cut(cut[done..], PieceChars);
            int before = _body.Length;
            if (before <= most)
            {
                JsonText.Append(_body, piece);
            }

            if (before > most || _body.Length > most)
            {
                _body.TruncateTo(before);
                break;
            }

            done += piece.Length;
        }

        if (done < whole.Length)
        {
            _sanitizer.NoteCut(path, Encoding.UTF8.GetByteCount(whole));
        }
    }

    private EmitRefusal Json(in EventPayload payload, string path, int maxStringChars, out long bytes)
    {
        bytes = 0;
        ReadOnlySpan<byte> json = payload.Utf8.Span;
        try
        {
            if (payload.Value is not null)
            {
                _scratch.Clear();
                _scratchWriter.Reset();
                Serialize(payload);
                _scratchWriter.Flush();
                json = _scratch.Written;
            }

            bytes = json.Length;
            if (json.Length <= _limits.MaxEventBytes && _sanitizer.IsClean(json, maxStringChars))
            {
                _body.Append(json);
            }
            else
            {
                _bodyWriter.Reset();
                _sanitizer.Copy(json, _bodyWriter, path, maxStringChars);
                _bodyWriter.Flush();
            }

            return _body.Length <= _limits.MaxEventBytes - TailBytes ? EmitRefusal.None : EmitRefusal.TooLarge;
        }
        catch (BufferFullException e)
        {
            bytes = Math.Max(bytes, e.WrittenBytes);
            return EmitRefusal.TooLarge;
        }
        catch (Exception)
        {
            // Whatever a getter, a converter or malformed JSON does costs this one event, a string that no memory holds too. The text may
            // hold anything, so it goes nowhere.
            return EmitRefusal.NotSerializable;
        }
    }

    private void Serialize(in EventPayload payload)
    {
        switch (payload.Value)
        {
            case JsonElement element:
                element.WriteTo(_scratchWriter);
                break;
            case string text:
                _scratchWriter.WriteStringValue(text);
                break;
            default:
                JsonSerializer.Serialize(_scratchWriter, payload.Value, payload.TypeInfo ?? _serializerOptions.GetTypeInfo(payload.Type!)); // a value has its type
                break;
        }
    }
}
