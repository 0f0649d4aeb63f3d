namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <inheritdoc cref="FramedFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FramedTheoryAttribute : TheoryAttribute
{
    public FramedTheoryAttribute() => Skip = FramedFactAttribute.Missing;
}
