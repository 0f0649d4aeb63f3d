using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Netra.Realtime.Sanitization;

/// <summary>The one exit: every payload passes here, from reader to writer in one pass, before a byte of it is stored, logged or written.</summary>
/// <remarks>Values under secret names are replaced, internal names removed, long strings cut. One instance serves one thread at a time.</remarks>
internal sealed class PayloadSanitizer
{
    public const string Redacted = "[redacted]";

    private const int MaxDepth = 128;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private readonly List<(string Path, long Bytes)> _cut = [];
    private readonly List<(int Length, bool IsList)> _levels = [];
    private char[] _path = new char[256];
    private int _pathLength;
    private readonly PlainNames _plainNames = new();
    private byte[] _utf8 = [];
    private char[] _chars = [];

    /// <summary>What was cut in the last pass: path below the payload, size in bytes before.</summary>
    public IReadOnlyList<(string Path, long Bytes)> Cut => _cut;

    public void Begin() => _cut.Clear();

    public void NoteCut(string path, long bytes) => _cut.Add((path, bytes));

    public void ForgetCut(int from) => _cut.RemoveRange(from, _cut.Count - from);

    /// <summary>Whether JSON may go out byte for byte, as most of it may: reading it costs a third of copying it token by token.</summary>
    /// <param name="json">One JSON value.</param>
    /// <param name="maxStringChars">The longest string, in UTF-16 units.</param>
    /// <returns>False where anything has to be replaced, removed or cut, or may have to be: <see cref="Copy"/> decides.</returns>
    /// <exception cref="JsonException">The JSON is malformed or deeper than 128.</exception>
    public bool IsClean(ReadOnlySpan<byte> json, int maxStringChars)
    {
        if (!Utf8.IsValid(json))
        {
            return false; // the reader does not look into strings
        }

        Utf8JsonReader reader = new(json, ReaderOptions);
        int end = 0;
        while (reader.Read())
        {
            // Nothing but a comma stands between two tokens, nor anything but a colon behind a name: else there are spaces to leave out.
            int start = (int)reader.TokenStartIndex;
            if (start != end && (start != end + 1 || json[end] != (byte)','))
            {
                return false;
            }

            end = (int)reader.BytesConsumed;
            bool isClean = reader.TokenType switch
            {
                JsonTokenType.PropertyName =>
                    end - start == reader.ValueSpan.Length + "\"\":".Length && !reader.ValueIsEscaped && _plainNames.IsPlain(reader.ValueSpan),

                // An escaped unit may be half a character, which is no text.
                JsonTokenType.String => reader.ValueSpan.Length <= maxStringChars && !(reader.ValueIsEscaped && reader.ValueSpan.IndexOf("\\u"u8) >= 0),
                _ => true,
            };
            if (!isClean)
            {
                return false;
            }
        }

        return end == json.Length;
    }

    /// <summary>Copies JSON, sanitized.</summary>
    /// <param name="json">One JSON value.</param>
    /// <param name="writer">Where it goes.</param>
    /// <param name="path">Where the value stands in the payload, for the notes of what was cut.</param>
    /// <param name="maxStringChars">The longest string, in UTF-16 units.</param>
    /// <exception cref="JsonException">The JSON is malformed or deeper than 128.</exception>
    /// <exception cref="InvalidOperationException">A string has an escaped lone surrogate.</exception>
    public void Copy(ReadOnlySpan<byte> json, Utf8JsonWriter writer, string path, int maxStringChars)
    {
        Utf8JsonReader reader = new(json, ReaderOptions);
        _levels.Clear();
        _pathLength = 0;
        Enter(path, isList: false);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    Leave();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    Enter("[]", isList: true);
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    Pop();
                    Leave();
                    break;
                case JsonTokenType.PropertyName:
                    CopyProperty(ref reader, writer);
                    break;
                case JsonTokenType.String:
                    CopyString(ref reader, writer, maxStringChars);
                    Leave();
                    break;
                case JsonTokenType.Number:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    Leave();
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    writer.WriteBooleanValue(reader.TokenType == JsonTokenType.True);
                    Leave();
                    break;
                case JsonTokenType.Null:
                    writer.WriteNullValue();
                    Leave();
                    break;
            }
        }
    }

    // A value of a property is over: its name leaves the path. Elements of a list share the "[]" that stays until the list ends.
    private void Leave()
    {
        if (_levels.Count > 1 && !_levels[^1].IsList)
        {
            Pop();
        }
    }

    private void Enter(ReadOnlySpan<char> name, bool isList)
    {
        _levels.Add((_pathLength, isList));
        name = TextCut.Cut(name, 64);
        if (_path.Length < _pathLength + name.Length + 1)
        {
            Array.Resize(ref _path, (_path.Length * 2) + name.Length);
        }

        if (_pathLength > 0 && !isList)
        {
            _path[_pathLength++] = '.';
        }

        name.CopyTo(_path.AsSpan(_pathLength));
        _pathLength += name.Length;
    }

    private void Pop()
    {
        _pathLength = _levels[^1].Length;
        _levels.RemoveAt(_levels.Count - 1);
    }

    private void CopyProperty(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        ReadOnlySpan<char> name = Text(ref reader);
        KeyKind kind = SecretKeys.Judge(name);
        if (kind == KeyKind.Internal)
        {
            reader.Skip();
            return;
        }

        writer.WritePropertyName(name);
        if (kind == KeyKind.Plain)
        {
            Enter(name, isList: false);
            return;
        }

        reader.Read();
        if (reader.TokenType is JsonTokenType.Null or JsonTokenType.True or JsonTokenType.False)
        {
            // "has_password": true says nothing.
            if (reader.TokenType == JsonTokenType.Null)
            {
                writer.WriteNullValue();
            }
            else
            {
                writer.WriteBooleanValue(reader.TokenType == JsonTokenType.True);
            }

            return;
        }

        reader.Skip();
        writer.WriteStringValue(Redacted);
    }

    private void CopyString(ref Utf8JsonReader reader, Utf8JsonWriter writer, int maxStringChars)
    {
        // Bytes are never fewer than units, so most strings are short without being counted.
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length <= maxStringChars)
        {
            writer.WriteStringValue(reader.ValueSpan);
            return;
        }

        ReadOnlySpan<char> text = Text(ref reader);
        if (text.Length > maxStringChars)
        {
            NoteCut(new string(_path, 0, _pathLength), Encoding.UTF8.GetByteCount(text));
            text = TextCut.Cut(text, maxStringChars);
        }

        writer.WriteStringValue(text);
    }

    private ReadOnlySpan<char> Text(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> utf8 = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            Grow(ref _utf8, utf8.Length);
            utf8 = _utf8.AsSpan(0, reader.CopyString(_utf8)); // refuses an escaped lone surrogate
        }

        Grow(ref _chars, utf8.Length);
        return _chars.AsSpan(0, Encoding.UTF8.GetChars(utf8, _chars));
    }

    private static void Grow<T>(ref T[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new T[Math.Max(256, length)];
        }
    }
}
