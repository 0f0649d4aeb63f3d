using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>An enumeration by the names of its members on the wire. A name of a later version is read as one of those that are known: it costs no message.</summary>
/// <param name="other">What an unknown name is read as.</param>
internal abstract class KnownNamesConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T>(T other) : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Members = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name, field => (T)field.GetValue(null)!, StringComparer.Ordinal); // each has its name

    private static readonly Dictionary<T, string> Names = Members.ToDictionary(member => member.Value, member => member.Key);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? throw new JsonException("A name is expected.")
        : Members.TryGetValue(reader.GetString()!, out T known) ? known // a string token is never null
        : other;

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names[value]);
}
