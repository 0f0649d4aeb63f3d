using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>An enumeration by the names of its members on the wire. A name of a later version is read as one of those that are known: it costs no message.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public abstract class KnownNamesConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Members = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name, field => (T)field.GetValue(null)!, StringComparer.Ordinal); // each has its name

    private static readonly Dictionary<T, string> Names = Members.ToDictionary(member => member.Value, member => member.Key);

    private readonly T _other;

    private protected KnownNamesConverter(T other) => _other = other; // what an unknown name is read as

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Known(reader.GetString()!) : throw new JsonException("A name is expected."); // a string token is never null

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Names[value]);
    }

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Known(reader.GetString()!); // as above

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WritePropertyName(Names[value]);
    }

    private T Known(string name) => Members.GetValueOrDefault(name, _other);
}
