using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Netra.Realtime.Emitters;

/// <summary>What an event carries: an object to serialize, JSON that is ready, text, or nothing.</summary>
/// <remarks>
/// An object is serialized during the call that emits it, on the caller's thread, outside every lock, and not kept; then every
/// payload is sanitized. Objects go through the <see cref="JsonTypeInfo"/> given, or the serializer options of the library.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
public readonly struct EventPayload
{
    private EventPayload(object? value, Type? type, JsonTypeInfo? typeInfo, ReadOnlyMemory<byte> utf8)
    {
        Value = value;
        Type = type;
        TypeInfo = typeInfo;
        Utf8 = utf8;
    }

    internal object? Value { get; }

    internal Type? Type { get; }

    internal JsonTypeInfo? TypeInfo { get; }

    internal ReadOnlyMemory<byte> Utf8 { get; }

    internal bool IsNone => Value is null && Utf8.IsEmpty;

    /// <summary>An object, serialized by the options of the library; text, a <see cref="JsonElement"/> and a payload stay what they are.</summary>
    /// <typeparam name="T">The type that decides how it is serialized.</typeparam>
    /// <param name="value">The object; null is no payload.</param>
    /// <returns>The payload.</returns>
    public static EventPayload From<T>(T value) => value is EventPayload payload ? payload : new(value, typeof(T), null, default);

    /// <summary>An object, serialized by its own type info: safe under trimming and AOT.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="value">The object; null is no payload.</param>
    /// <param name="typeInfo">How it is serialized.</param>
    /// <returns>The payload.</returns>
    public static EventPayload From<T>(T value, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return new(value, typeof(T), typeInfo, default);
    }

    /// <summary>JSON as UTF-8.</summary>
    /// <param name="json">One JSON value; read during the call that emits it, not kept.</param>
    /// <returns>The payload.</returns>
    public static EventPayload FromJson(ReadOnlyMemory<byte> json) => new(null, null, null, json);
}
