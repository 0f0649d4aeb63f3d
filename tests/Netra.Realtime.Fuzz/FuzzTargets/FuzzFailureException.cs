namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>An input for which something that always holds does not.</summary>
/// <param name="property">What should hold.</param>
/// <param name="detail">What was found instead.</param>
internal sealed class FuzzFailureException(string property, string detail) : Exception($"{property}: {detail}")
{
    public string Property { get; } = property;

    public static void ThrowUnless(bool holds, string property, string detail = "")
    {
        if (!holds)
        {
            throw new FuzzFailureException(property, detail);
        }
    }

    /// <summary>Two ways that have to come to the same.</summary>
    public static void ThrowUnlessSame(IReadOnlyList<string> expected, IReadOnlyList<string> actual, string property)
    {
        if (!expected.SequenceEqual(actual, StringComparer.Ordinal))
        {
            throw new FuzzFailureException(property, $"[{string.Join("; ", expected)}] against [{string.Join("; ", actual)}]");
        }
    }
}
