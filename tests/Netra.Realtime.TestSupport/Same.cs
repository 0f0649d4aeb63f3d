using System.Collections;
using System.Text.Json;

namespace Netra.Realtime.TestSupport;

/// <summary>Compares records by what they say: lists by their elements, JSON by its value. Record equality compares both by reference.</summary>
public static class Same
{
    /// <summary>Where two values differ first; null when they are the same.</summary>
    public static string? Difference(object? expected, object? actual, string path = "")
    {
        if (expected is null || actual is null)
        {
            return expected is null && actual is null ? null : $"{path}: {expected ?? "null"} is not {actual ?? "null"}";
        }
        if (expected is JsonElement a && actual is JsonElement b)
        {
            return JsonElement.DeepEquals(a, b) ? null : $"{path}: {a} is not {b}";
        }
        if (expected.GetType() != actual.GetType() && expected is not IEnumerable)
        {
            return $"{path}: {expected.GetType().Name} is not {actual.GetType().Name}";
        }
        if (expected is not string && expected is IEnumerable left && actual is IEnumerable right)
        {
            object?[] first = [.. left.Cast<object?>()];
            object?[] second = [.. right.Cast<object?>()];
            return first.Length != second.Length
                ? $"{path}: {first.Length} elements are not {second.Length}"
                : first.Zip(second).Select((pair, i) => Difference(pair.First, pair.Second, $"{path}[{i}]")).FirstOrDefault(difference => difference is not null);
        }
        if (expected is not string && (expected.GetType().IsClass || expected.GetType().IsGenericType))
        {
            return expected.GetType().GetProperties()
                .Select(property => Difference(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}"))
                .FirstOrDefault(difference => difference is not null);
        }
        return expected.Equals(actual) ? null : $"{path}: {expected} is not {actual}";
    }
}
