using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

/// <summary>What the server sends, as declarations of TypeScript: from the names and types that the serializer knows.</summary>
internal sealed class JavaScriptTypes
{
    // Not public: clients get the records, which have its fields under the names of C#.
    private static readonly Type Envelope = typeof(AgentEvent).Assembly.GetType("Netra.Realtime.Protocol.EventEnvelope", throwOnError: true)!; // it throws otherwise

    // Those of the envelope that each event has in its own way.
    private static readonly string[] OfEachEvent = ["type", "payload"];

    private readonly NullabilityInfoContext _nullability = new();
    private readonly StringBuilder _text = new();
    private readonly Queue<Type> _parts = new();
    private readonly HashSet<Type> _known = [];

    public string Render()
    {
        Type[] events = Sent(typeof(AgentEvent));
        Type[] messages = Sent(typeof(ControlMessage));
        _text.Append("// What the server sends. Rendered by JavaScriptTypesTests from the records of Netra.Realtime.Protocol: do not edit, run it with NETRA_WRITE_GOLDEN=1.\n");
        AppendInterface("EventEnvelope", Fields(Envelope).Where(field => !OfEachEvent.Contains(field.Name)));
        foreach (Type payload in events)
        {
            AppendInterface(payload.Name + "Payload", Fields(payload));
        }

        AppendInterface("EventPayloads", events.Select(payload => new Field(TypeOnTheWire(payload), payload.Name + "Payload", IsOptional: false)));
        foreach (Type message in messages)
        {
            AppendInterface(message.Name, Fields(message).Select(field => field.Name == "type" ? field with { Type = $"'{TypeOnTheWire(message)}'" } : field));
        }

        while (_parts.TryDequeue(out Type? part))
        {
            AppendInterface(part.Name, Fields(part));
        }

        AppendUnion("ControlMessage", messages.Select(message => message.Name));
        AppendUnion("ErrorCode", typeof(ErrorCodes).GetFields().Select(code => $"'{code.GetRawConstantValue()}'"));
        return _text.ToString();
    }

    private static Type[] Sent(Type kind) =>
        [.. typeof(ServerMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(kind) && type != typeof(CustomEvent)).OrderBy(type => type.Name, StringComparer.Ordinal)];

    // Each of these says it by itself, whatever else it has.
    private static string TypeOnTheWire(Type message) => ((ServerMessage)RuntimeHelpers.GetUninitializedObject(message)).Type;

    // Without those that are left out.
    private IEnumerable<Field> Fields(Type record) => JsonSerializerOptions.Default.GetTypeInfo(record).Properties.Where(property => property.Get is not null).Select(property =>
    {
        PropertyInfo of = (PropertyInfo)property.AttributeProvider!; // nothing but properties is serialized
        Type type = Nullable.GetUnderlyingType(of.PropertyType) ?? of.PropertyType;
        return new Field(property.Name, Name(type), type != of.PropertyType || _nullability.Create(of).ReadState == NullabilityState.Nullable);
    });

    private string Name(Type type)
    {
        if (type.IsEnum)
        {
            return string.Join(" | ", type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(member => $"'{member.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name}'"));
        }

        if (type.IsGenericType)
        {
            Type[] of = type.GetGenericArguments();
            return of.Length == 2 ? $"Record<string, {Name(of[1])}>" : Name(of[0]) + "[]";
        }

        switch (type.Name)
        {
            case nameof(Boolean):
                return "boolean";
            case nameof(Int32) or nameof(Int64) or nameof(Double):
                return "number";
            case nameof(String) or nameof(DateTimeOffset):
                return "string";
            case nameof(JsonElement):
                return "any";
            case var id when type.IsValueType && id.EndsWith("Id", StringComparison.Ordinal):
                return "string";
            default:
                if (_known.Add(type))
                {
                    _parts.Enqueue(type);
                }

                return type.Name;
        }
    }

    private void AppendInterface(string name, IEnumerable<Field> fields)
    {
        _text.Append(CultureInfo.InvariantCulture, $"\nexport interface {name} {{\n");
        foreach (Field field in fields)
        {
            _text.Append(CultureInfo.InvariantCulture, $"  {field.Name}{(field.IsOptional ? "?" : "")}: {field.Type};\n");
        }

        _text.Append("}\n");
    }

    private void AppendUnion(string name, IEnumerable<string> members) => _text.Append(CultureInfo.InvariantCulture, $"\nexport type {name} = {string.Join(" | ", members)};\n");

    private sealed record Field(string Name, string Type, bool IsOptional);
}
